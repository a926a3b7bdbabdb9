import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { TestbedError } from "./testbed-error.ts";

/** How a server is started, and known to be ready. */
export interface ServerCommand {
  /** What to call it in an error. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** The address in a line of its output, once there is one. */
  endpointIn(line: string): string | undefined;
  /** Asked again and again once there is an address, until it says yes; a rejection means not yet. See `answersHttp`. */
  isReady(endpoint: string, deadline: AbortSignal): Promise<boolean>;
  /** How long it may take until it is. */
  readonly startTimeoutMs: number;
}

/** A server that runs. */
export interface ServerProcess extends AsyncDisposable {
  readonly endpoint: string;
  readonly pid: number;
  /** Ends it and what it started. Safe to call twice. */
  stop(): Promise<void>;
  /** Settles when it has ended, by `stop` or by itself. */
  readonly ended: Promise<void>;
}

const POLL_MS = 25;

const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) killTree(child);
}

/** Each server leads a process group of its own, which has all that it started. */
function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // All of it has ended by itself.
  }
}

/**
 * Starts a server and waits until it answers. It ends with this process, whichever way that ends: on exit and uncaught errors its
 * group is killed, and a server that reads its standard input to the end, as those of this package do by themselves or `onLeash`,
 * goes even when this process is killed and can do nothing more.
 *
 * @throws TestbedError with the server's last words when it is not ready in time.
 */
export async function startServer(settings: ServerCommand): Promise<ServerProcess> {
  const [command, ...args] = settings.command;
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  if (running.size === 0) process.once("exit", killAll);
  running.add(child);
  const said: string[] = [];
  const address = Promise.withResolvers<string>();
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      said.push(error.message);
      resolve();
    });
    child.once("close", () => resolve());
  }).then(() => {
    // What it left behind goes now; later on, its process id may be somebody else's.
    killTree(child);
    running.delete(child);
    if (running.size === 0) process.removeListener("exit", killAll);
  });
  const hear = (line: string) => {
    said.push(line);
    if (said.length > 20) said.shift();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    hear(line);
    const endpoint = settings.endpointIn(line);
    if (endpoint !== undefined) address.resolve(endpoint);
  });
  createInterface({ input: child.stderr }).on("line", hear);
  // It writes to a closed pipe when it goes away first.
  child.stdin.on("error", () => {});

  const stop = async () => {
    if (running.has(child)) killTree(child);
    await ended;
  };
  const deadline = AbortSignal.timeout(settings.startTimeoutMs);
  const failed = ended.then(() => "it ended");
  const late = new Promise<string>((resolve) => {
    deadline.addEventListener("abort", () => resolve(`it was not ready within ${settings.startTimeoutMs} ms`));
  });
  const ready = address.promise.then(async (endpoint) => {
    await untilReady(settings, { endpoint, deadline });
    return { endpoint };
  });
  const first = await Promise.race([ready, failed, late]);
  if (typeof first === "string") {
    await stop();
    throw new TestbedError(`${settings.name} did not start: ${first}. Its last words: ${said.join(" | ") || "none"}`);
  }
  return { endpoint: first.endpoint, pid: child.pid ?? 0, ended, stop, [Symbol.asyncDispose]: stop };
}

/** A server is ready when it answers this path with 2xx. */
export function answersHttp(path: string): ServerCommand["isReady"] {
  return async (endpoint, deadline) => {
    const response = await fetch(new URL(path, endpoint), { signal: deadline });
    await response.arrayBuffer();
    return response.ok;
  };
}

async function untilReady(
  settings: ServerCommand,
  { endpoint, deadline }: { endpoint: string; deadline: AbortSignal },
): Promise<void> {
  while (!deadline.aborted) {
    if (await settings.isReady(endpoint, deadline).catch(() => false)) return;
    await wait(POLL_MS);
  }
}
