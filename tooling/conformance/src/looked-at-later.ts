/**
 * A promise that nobody looks at yet: should the case fail before it does, or the promise be rejected first,
 * that is no unhandled rejection, which would end the test runner.
 */
export function lookedAtLater<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {});
  return promise;
}
