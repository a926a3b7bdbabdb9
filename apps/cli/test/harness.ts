import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSandbox, type Sandbox, type SandboxCredentials, type SandboxSettings } from "@cloudlink/sandbox";

/** What a command line needs to get to a vendor. */
export interface Way {
  /** After the command's own arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The folder it is written in; the test's own if left out. */
  readonly cwd?: string;
}

/**
 * The way from a command line to a vendor that a suite of the shell is run over. One is the kernel in the shell's own process;
 * another has a server in between: the suite asks no more of it than this.
 */
export interface ShellHarness extends Way, AsyncDisposable {
  /** The vendor's side: what it holds, what it was asked, what goes wrong. */
  readonly sandbox: Sandbox;
  /** The way as somebody whom the vendor denies everything, or does not know at all. */
  as(caller: "denied" | "unknown"): Way;
  /** The way of a list to several accounts, as somebody else in each. The third account lets nobody in. */
  lookingIn(accounts: readonly string[]): Way;
  /** The vendor call that such a list begins with. */
  readonly firstCall: string;
}

/** Starts a harness on a sandbox of these settings. Every suite starts its own. */
export type StartHarness = (settings: SandboxSettings) => Promise<ShellHarness>;

export const ACCOUNT = "111111111111";
export const REGION = "eu-west-1";

/** The shell with the kernel in its own process, as it comes. Its HOME is empty: nothing of this machine's is read. */
export const startLocalHarness: StartHarness = async (settings) => {
  const sandbox = await createSandbox(settings);
  const home = await mkdtemp(join(tmpdir(), "cloudlink-cli-"));
  const args = ["--endpoint", sandbox.endpoint];
  const envOf = (credentials: SandboxCredentials) => ({
    PATH: process.env.PATH ?? "",
    HOME: home,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: "true",
  });
  const env = envOf(sandbox.credentialsOf(ACCOUNT));
  return {
    sandbox,
    args,
    env,
    as: (caller) => ({
      args,
      env: envOf(caller === "denied" ? deniedKey(sandbox) : { accessKeyId: "", secretAccessKey: "" }),
    }),
    lookingIn: (accounts) => ({
      args: [...args, "--role-arn", "arn:aws:iam::{account}:role/cloudlink-read", "--account", accounts.join(",")],
      env,
    }),
    firstCall: "GetCallerIdentity",
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await rm(home, { recursive: true });
    },
  };
};

/** Of somebody who may do nothing. */
export function deniedKey(sandbox: Sandbox): SandboxCredentials {
  const key = sandbox.accounts[0]?.accessKeys?.[1];
  if (key === undefined) throw new Error("The sandbox's first account has no second key: its default accounts have.");
  return key;
}

/** A command that runs, as a process of its own. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly finished: Promise<FinishedCommand>;
}

export interface FinishedCommand {
  /** As a shell would see it; `undefined` when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const bin = join(import.meta.dirname, "../bin/cloudlink.js");

/** Starts the built `cloudlink`. @param options.env - beside the way's own. */
export function startCommand(
  way: Way,
  argv: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly onStdout?: (child: ChildProcess) => void;
    /** Nobody reads its stdout: a pager that waits for a key. */
    readonly stalled?: boolean;
  } = {},
): RunningCommand {
  const child = spawn(process.execPath, [bin, ...argv, ...way.args], {
    env: { ...way.env, ...options.env },
    ...(way.cwd !== undefined && { cwd: way.cwd }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  if (options.stalled !== true) {
    child.stdout.on("data", (chunk: Buffer) => {
      parts.stdout.push(chunk);
      options.onStdout?.(child);
    });
  }
  child.stderr.on("data", (chunk: Buffer) => parts.stderr.push(chunk));
  // A pipe that nobody reads never closes.
  const finished = once(child, options.stalled === true ? "exit" : "close").then(([code]) => ({
    exitCode: (code as number | null) ?? undefined,
    stdout: Buffer.concat(parts.stdout).toString(),
    stderr: Buffer.concat(parts.stderr).toString(),
  }));
  return { child, finished };
}

/** Runs the built `cloudlink` to its end. */
export async function runCommand(
  way: Way,
  argv: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<FinishedCommand> {
  return await startCommand(way, argv, options).finished;
}

/** `awaited`, unless the command ends first: then a rejection that shows how, in place of a test that waits for ever. */
export async function beforeEnd<Value>(finished: Promise<FinishedCommand>, awaited: Promise<Value>): Promise<Value> {
  const ended = finished.then((end) => Promise.reject(new Error(`The command ended early: ${JSON.stringify(end)}`)));
  return await Promise.race([awaited, ended]);
}
