import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** The programs that rows run in processes of their own; the build makes a file of each. */
export type ProgramName = "vendor-process" | "reader-process" | "listener-process" | "economy-process";

/** A process of a row's, that is spoken with in messages. */
export interface RowProcess<Said> extends AsyncDisposable {
  readonly pid: number;
  send(message: object): void;
  /** The next message that it says, in the order in which they come. */
  next(): Promise<Said>;
  /** Called for each message, in place of {@link RowProcess.next}. */
  onSaid(heard: (said: Said) => void): void;
  signal(kind: NodeJS.Signals): void;
  readonly ended: Promise<unknown>;
}

export function startProcess<Said>(name: ProgramName, settings: object): RowProcess<Said> {
  // From the sources in tests, where Node takes the types out; beside this file when it is built.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const program = new URL(`./${name}.${extension}`, import.meta.url);
  const child: ChildProcess = fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit");
  const said: Said[] = [];
  const waiting: PromiseWithResolvers<Said>[] = [];
  let heard = (each: Said) => {
    const first = waiting.shift();
    if (first === undefined) said.push(each);
    else first.resolve(each);
  };
  child.on("message", (each) => heard(each as Said));
  child.on("exit", (code, signal) => {
    for (const each of waiting) each.reject(new Error(`${name} ended (${code ?? signal}) before it said anything`));
  });
  child.send(settings);
  return {
    pid: child.pid as number,
    send: (message) => void child.send(message),
    next() {
      const first = said.shift();
      if (first !== undefined) return Promise.resolve(first);
      const wait = Promise.withResolvers<Said>();
      waiting.push(wait);
      return wait.promise;
    },
    onSaid(each) {
      heard = each;
    },
    signal: (kind) => void child.kill(kind),
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The other side: what this process was started with, and its messages. */
export async function parentOf<Settings, Message>(): Promise<{
  readonly settings: Settings;
  say(message: object): void;
  onMessage(heard: (message: Message) => void): void;
}> {
  const [settings] = (await once(process, "message")) as [Settings];
  // Whoever started it is gone.
  process.once("disconnect", () => process.exit());
  return {
    settings,
    say: (message) => void process.send?.(message),
    onMessage: (heard) => void process.on("message", (message) => heard(message as Message)),
  };
}
