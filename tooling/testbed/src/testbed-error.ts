/** A server that cannot be installed or started here. The message is one line that says what is missing and how to get it. */
export class TestbedError extends Error {
  override readonly name = "TestbedError";
}
