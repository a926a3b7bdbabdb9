import { CloudLinkError } from "@cloudlink/core";

/** The CloudLinkError that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<CloudLinkError> {
  const outcome = await promise.then(
    () => new TypeError("it did not fail"),
    (error: unknown) => error,
  );
  if (CloudLinkError.isInstance(outcome)) return outcome;
  throw outcome;
}
