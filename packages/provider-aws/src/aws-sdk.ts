import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  EC2Client,
  type EC2ClientConfig,
  type Instance,
  type InstanceStatus,
} from "@aws-sdk/client-ec2";
import type { STSClientConfig } from "@aws-sdk/client-sts";
import { AwsEc2QueryProtocol } from "@aws-sdk/core/protocols";
import type { Lease, ProviderCall } from "@cloudlink/core";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type {
  HandlerExecutionContext,
  HttpResponse,
  MetadataBearer,
  OperationSchema,
  SerdeFunctions,
} from "@smithy/types";
import { connect } from "./connections.ts";
import { decodeInstances, type InstanceMapper, type InstancePage } from "./ec2/instance-decoder.ts";
import { type OwnedMachine, toVirtualMachine } from "./ec2/virtual-machine.ts";
import { metadata } from "./metadata.ts";
import { partitionOfRegion } from "./partition.ts";
import type { AwsSettings } from "./settings.ts";

// The one file that imports AWS's SDK, which takes a good part of a second of CPU to load: it is loaded when the first call leaves.

/** What came, and when the request for it was sent, in milliseconds since the epoch. */
export interface Sent<Output> {
  readonly output: Output;
  readonly observedAt: number;
}

/** A machine with everything that EC2 says of it. */
export interface NativeMachine extends OwnedMachine {
  readonly native: Instance;
}

/** Whose credentials a session has. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
}

/**
 * What may be asked of AWS in one region with one lease. Each method makes one attempt (retries are the kernel's) and rejects with
 * what the SDK throws.
 */
export interface AwsSession {
  describeInstances(
    call: ProviderCall,
    input: DescribeInstancesCommandInput,
  ): Promise<Sent<InstancePage<OwnedMachine>>>;
  describeNative(call: ProviderCall, input: DescribeInstancesCommandInput): Promise<Sent<readonly NativeMachine[]>>;
  /** The status checks of instances that exist, 100 at most (EC2 API reference, DescribeInstanceStatus). */
  describeStatus(call: ProviderCall, ids: readonly string[]): Promise<readonly InstanceStatus[]>;
  identify(call: ProviderCall): Promise<CallerIdentity>;
}

/** The connections of a provider, shared by its sessions. */
export interface AwsTransport {
  session(lease: Lease, region: string): Promise<AwsSession>;
  /** The region that environment or profile name, if any. */
  usualRegion(profile: string | undefined): Promise<string | undefined>;
  close(): void;
}

export function createTransport(settings: AwsSettings): AwsTransport {
  const handlers = new Map<string, Promise<NodeHttpHandler>>();

  /** One handler for everything that leaves by the same way: its agents keep the connections. */
  async function handlerFor(service: "ec2" | "sts", region: string): Promise<NodeHttpHandler> {
    const url = settings.endpoint ?? `https://${service}.${region}.${dnsSuffixOf(region)}`;
    const { proxy, ...agents } = await connect(url, { caFile: settings.caFile });
    const known = handlers.get(proxy);
    if (known !== undefined) return await known;
    const made = Promise.resolve(new NodeHttpHandler(agents));
    handlers.set(proxy, made);
    return await made;
  }

  async function configOf(service: "ec2" | "sts", region: string): Promise<EC2ClientConfig & STSClientConfig> {
    const { endpoint, profile } = settings;
    return {
      region,
      maxAttempts: 1,
      requestHandler: await handlerFor(service, region),
      customUserAgent: [["cloudlink", metadata.version]],
      ...(endpoint !== undefined && { endpoint }),
      ...(profile !== undefined && { profile }),
    };
  }

  return {
    async session(lease, region) {
      const sts = await configOf("sts", region);
      const credentials = await credentialsOf(lease, { settings, sts });
      const ec2 = { ...(await configOf("ec2", region)), credentials };
      return createSession({ ec2, sts: { ...sts, credentials }, region });
    },
    usualRegion: (profile) =>
      new EC2Client(profile === undefined ? {} : { profile }).config.region().catch(() => undefined),
    close() {
      for (const handler of handlers.values()) handler.then((each) => each.destroy());
      handlers.clear();
    },
  };
}

function createSession(config: {
  readonly ec2: EC2ClientConfig;
  readonly sts: STSClientConfig;
  readonly region: string;
}): AwsSession {
  const { region } = config;
  const reader = createInstanceReader((instance, owner) => ({ owner, status: toVirtualMachine(instance, region) }));
  const streaming = createEc2Client({ ...config.ec2, protocol: reader.protocol });
  let plain: EC2Client | undefined;
  const plainClient = () => {
    plain ??= createEc2Client(config.ec2);
    return plain;
  };

  return {
    async describeInstances(call, input) {
      const command = new DescribeInstancesCommand(input);
      const sent = noteSending(command, { call, operation: "ec2:DescribeInstances" });
      const output = await streaming.send(command, { abortSignal: call.ctx.signal });
      return { output: reader.pageOf(output), observedAt: sent.at() };
    },
    async describeNative(call, input) {
      const command = new DescribeInstancesCommand(input);
      const sent = noteSending(command, { call, operation: "ec2:DescribeInstances" });
      const { Reservations } = await plainClient().send(command, { abortSignal: call.ctx.signal });
      const output = (Reservations ?? []).flatMap(({ Instances, OwnerId }) =>
        (Instances ?? []).map((native) => ({ owner: OwnerId ?? "", status: toVirtualMachine(native, region), native })),
      );
      return { output, observedAt: sent.at() };
    },
    async describeStatus(call, ids) {
      const command = new DescribeInstanceStatusCommand({ InstanceIds: [...ids], IncludeAllInstances: true });
      noteSending(command, { call, operation: "ec2:DescribeInstanceStatus" });
      const { InstanceStatuses } = await plainClient().send(command, { abortSignal: call.ctx.signal });
      return InstanceStatuses ?? [];
    },
    async identify(call) {
      const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
      const command = new GetCallerIdentityCommand({});
      noteSending(command, { call, operation: "sts:GetCallerIdentity" });
      const { Account, Arn } = await new STSClient(config.sts).send(command, { abortSignal: call.ctx.signal });
      return { account: Account ?? "", arn: Arn ?? "" };
    },
  };
}

function createEc2Client(config: EC2ClientConfig): EC2Client {
  const client = new EC2Client(config);
  // It copies every answer through a filter of secrets, even for the default logger, which drops it.
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

/** Credentials of a lease: its keys, or what AWS's own way finds, in whose name a role may be assumed. */
async function credentialsOf(
  lease: Lease,
  environment: { readonly settings: AwsSettings; readonly sts: STSClientConfig },
): Promise<NonNullable<EC2ClientConfig["credentials"]>> {
  if (lease.kind === "keys") {
    const { accessKeyId = "", secretAccessKey = "", sessionToken } = lease.keys.reveal();
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  }
  const { settings, sts } = environment;
  const { profile = settings.profile, roleArn = settings.roleArn, externalId = settings.externalId } = lease.parameters;
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
  const clientConfig = sts as Parameters<typeof fromNodeProviderChain>[0] extends
    | { clientConfig?: infer Config }
    | undefined
    ? Config
    : never;
  const found = fromNodeProviderChain({
    ...(profile !== undefined && { profile }),
    ...(clientConfig !== undefined && { clientConfig }),
  });
  if (roleArn === undefined) return found;
  return fromTemporaryCredentials({
    masterCredentials: found,
    ...(clientConfig !== undefined && { clientConfig }),
    params: {
      RoleArn: roleArn.replaceAll("{account}", lease.scope.account),
      RoleSessionName: "cloudlink",
      ...(externalId !== undefined && { ExternalId: externalId }),
    },
  });
}

type Middleware = Parameters<DescribeInstancesCommand["middlewareStack"]["add"]>[0];

/** Tells the kernel of the request when it is really sent, which may be after credentials were fetched, or never. */
function noteSending(
  command: {
    readonly middlewareStack: { add(middleware: never, options: { step: "deserialize"; priority: "low" }): void };
  },
  { call, operation }: { readonly call: ProviderCall; readonly operation: string },
): { at(): number } {
  const { ctx, report } = call;
  let sentAt: number | undefined;
  const middleware: Middleware = (next) => async (args) => {
    sentAt = ctx.clock.nowMs();
    report.vendorRequest({ operation });
    return await next(args);
  };
  command.middlewareStack.add(middleware as never, { step: "deserialize", priority: "low" });
  return { at: () => sentAt ?? ctx.clock.nowMs() };
}

/** A protocol for one EC2 client, and the way to what it decoded. */
interface InstanceReader<Item> {
  readonly protocol: typeof AwsEc2QueryProtocol;
  pageOf(output: MetadataBearer): InstancePage<Item>;
}

/**
 * The EC2 protocol with DescribeInstances answers decoded as they arrive, instead of collected, parsed whole and copied: a page of
 * 1,000 instances would stop the event loop for a fifth of a second. Requests, errors and every other operation stay the SDK's.
 */
function createInstanceReader<Item>(mapper: InstanceMapper<Item>): InstanceReader<Item> {
  const pages = new WeakMap<object, InstancePage<Item>>();

  class StreamingEc2Protocol extends AwsEc2QueryProtocol {
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
        // With $metadata the SDK leaves the message as it is; without, it prints a hint to the console.
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

function dnsSuffixOf(region: string): string {
  return partitionOfRegion(region) === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
}
