import { setImmediate as nextTurn } from "node:timers/promises";
import type { Instance, Reservation } from "@aws-sdk/client-ec2";
import { MalformedAnswer } from "../xml/malformed-answer.ts";
import { ProjectionBuilder, type Structure } from "../xml/projection.ts";
import { type XmlLimits, XmlScanner } from "../xml/xml-scanner.ts";
import { describeInstancesDocument } from "./describe-instances-shape.ts";

/** Bytes decoded before other work gets its turn: about a millisecond of it, and two reads of a socket. */
const TURN_BYTES = 128 * 1024;

/** Four times the largest page seen (1,000 instances as EC2 indents them: 8 MB). It bounds what one answer can cost. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024;

/** The deepest element of interest is 11 down; the longest text, a tag's value, has 256 characters. */
const LIMITS: XmlLimits = { maxDepth: 32, maxMarkup: 4 * 1024, maxText: 64 * 1024 };

/**
 * Makes what the caller wants of one instance.
 *
 * @param instance The members `describeInstancesDocument` names, in the SDK's names and types.
 * @param ownerId The account that owns it.
 */
export type InstanceMapper<T> = (instance: Instance, ownerId: string) => T;

/** A page of instances. */
export interface InstancePage<T> {
  readonly items: readonly T[];
  /** Asks for the page after this one; absent on the last. */
  readonly nextToken: string | undefined;
}

/**
 * Decodes a DescribeInstances answer as it arrives, in slices of about a millisecond between which the event loop turns.
 *
 * An instance is mapped at its closing tag and then let go. Mapping a finished page costs no more work, but then the
 * instances of a page live long enough to be copied by the collector, in a pause twice as long (measured: 10 ms, not 5).
 *
 * @param body The answer's bytes. Read to its end, or destroyed when this throws.
 * @throws An Error when the document is not well-formed, is not a DescribeInstances answer, is cut short or exceeds a limit;
 *   and whatever the body or the mapper throws.
 */
export async function decodeInstances<T>(
  body: AsyncIterable<Uint8Array>,
  map: InstanceMapper<T>,
): Promise<InstancePage<T>> {
  const items: T[] = [];
  const builder = new ProjectionBuilder(describeInstancesDocument, {
    Instances: (instance, holder) => items.push(map(instance, ownerOf(holder))),
  });
  const scanner = new XmlScanner(builder, LIMITS);
  let total = 0;
  let turn = 0;
  for await (const chunk of body) {
    total += chunk.byteLength;
    if (total > MAX_PAGE_BYTES) throw new MalformedAnswer(`the answer is larger than ${MAX_PAGE_BYTES} bytes`);
    for (let at = 0; at < chunk.byteLength; at += TURN_BYTES) {
      const slice = chunk.subarray(at, at + TURN_BYTES);
      scanner.write(Buffer.from(slice.buffer, slice.byteOffset, slice.byteLength));
      turn += slice.byteLength;
      if (turn < TURN_BYTES) continue;
      turn = 0;
      await nextTurn();
    }
  }
  scanner.end();
  const { result } = builder.value;
  if (typeof result !== "object" || result === null) throw new MalformedAnswer("not a DescribeInstances answer");
  const nextToken = "NextToken" in result && typeof result.NextToken === "string" ? result.NextToken : "";
  return { items, nextToken: nextToken === "" ? undefined : nextToken };
}

/** EC2 writes a reservation's owner before its instances (`Reservation` in the EC2 model); an answer that does not is refused. */
function ownerOf(reservation: Structure & Reservation): string {
  if (reservation.OwnerId === undefined) throw new MalformedAnswer("an instance without an owner");
  return reservation.OwnerId;
}
