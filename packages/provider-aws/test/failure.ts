import { inspect } from "node:util";
import { CloudLinkError } from "@cloudlink/core";

/** The error that a call fails with. It fails the test if the call does not, or with something else than CloudLink's error. */
export async function failureOf(call: Promise<unknown> | AsyncIterable<unknown>): Promise<CloudLinkError> {
  const thrown: unknown = await run(call).then(
    (value) => new Error(`the call was expected to fail, and gave ${inspect(value)}`),
    (error: unknown) => error,
  );
  if (CloudLinkError.isInstance(thrown)) return thrown;
  throw thrown;
}

async function run(call: Promise<unknown> | AsyncIterable<unknown>): Promise<unknown> {
  return Symbol.asyncIterator in call ? await Array.fromAsync(call) : await call;
}

/** Everything that anybody could see of an error: as JSON, as text, in a debugger, hidden properties and causes included. */
export function everythingSeenOf(error: Error): string {
  return [
    JSON.stringify(error),
    String(error),
    error.stack,
    inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
    inspect(error.cause, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
  ].join("\n");
}
