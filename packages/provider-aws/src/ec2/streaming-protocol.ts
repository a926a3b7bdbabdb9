import type { AwsEc2QueryProtocol } from "@aws-sdk/core/protocols";
import type {
  HandlerExecutionContext,
  HttpResponse,
  MetadataBearer,
  OperationSchema,
  SerdeFunctions,
} from "@smithy/types";
import { decodeInstances, type InstanceMapper, type InstancePage } from "./instance-decoder.ts";

/** A protocol for one EC2 client, and the way to what it decoded. */
export interface InstanceReader<Item> {
  readonly protocol: typeof AwsEc2QueryProtocol;
  /** @throws TypeError for an output of a client with another protocol. */
  pageOf(output: MetadataBearer): InstancePage<Item>;
}

/**
 * The EC2 protocol with DescribeInstances answers decoded as they arrive, instead of collected, parsed whole and copied: a page of
 * 1,000 instances would stop the event loop for a fifth of a second. Requests, errors and every other operation stay the SDK's.
 *
 * The whole answer is read before the call ends, so that the SDK's abort signal covers an answer that stalls half-way.
 *
 * @param Protocol - the SDK's own, handed in so that this file does not load the SDK.
 */
export function createInstanceReader<Item>(
  Protocol: typeof AwsEc2QueryProtocol,
  mapper: InstanceMapper<Item>,
): InstanceReader<Item> {
  const pages = new WeakMap<object, InstancePage<Item>>();

  class StreamingEc2Protocol extends Protocol {
    override async deserializeResponse<Output extends MetadataBearer>(
      operation: OperationSchema,
      context: HandlerExecutionContext & SerdeFunctions,
      response: HttpResponse,
    ): Promise<Output> {
      const body: unknown = response.body;
      if (operation.name !== "DescribeInstances" || response.statusCode !== 200 || !isByteStream(body)) {
        return await super.deserializeResponse(operation, context, response);
      }
      const output: MetadataBearer = { $metadata: this.deserializeMetadata(response) };
      try {
        pages.set(output, await decodeInstances(body, mapper));
        return output as Output;
      } catch (error) {
        // With $metadata the SDK leaves the message as it is; without, it adds a hint for its own users.
        if (error instanceof Error) Object.assign(error, output);
        throw error;
      }
    }
  }

  return {
    protocol: StreamingEc2Protocol,
    pageOf(output) {
      const page = pages.get(output);
      if (page === undefined) throw new TypeError("the output is not one of this reader's protocol");
      return page;
    },
  };
}

function isByteStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
