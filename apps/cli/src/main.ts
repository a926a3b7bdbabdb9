import { run } from "./run.ts";

const interrupt = new AbortController();
// Once each: the first asks the command to stop, and the next one finds the system's own handling, which ends the process.
process.once("SIGINT", () => interrupt.abort());
process.once("SIGTERM", () => interrupt.abort("SIGTERM"));

process.exitCode = await run(process.argv.slice(2), {
  // Opening it is for the commands that ask something.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  interrupt: interrupt.signal,
  connect: async (settings) => await (await import("./connection/connect.ts")).connect(settings),
});
