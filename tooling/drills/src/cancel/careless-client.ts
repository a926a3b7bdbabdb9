import { Agent, type ClientRequest, request } from "node:http";
import type { Context } from "@cloudlink/core";
import type { Vendor } from "@cloudlink/measure";
import type { Subject } from "./subject.ts";

/**
 * The control: a client that rejects when it is canceled, and otherwise does nothing about it. Its requests go on, its timers run, its
 * listeners stay, and so does what it was asked.
 */
export function carelessSubject({ endpoint }: Vendor): Subject {
  const agent = new Agent({ keepAlive: true });
  const timers: NodeJS.Timeout[] = [];
  const requests: ClientRequest[] = [];
  const kept: unknown[] = [];
  const atExit: (() => void)[] = [];

  function ask(ctx: Context, action: string, asked: unknown): Promise<unknown> {
    return new Promise((_, reject) => {
      const leave = () => reject(new Error("aborted"));
      ctx.signal.addEventListener("abort", leave);
      if (ctx.signal.aborted) leave();
      timers.push(setTimeout(leave, 3_600_000));
      atExit.push(leave);
      process.on("beforeExit", leave);
      kept.push({ asked, body: Buffer.alloc(256) });
      const sent = request(endpoint, { agent, method: "POST" }, () => {});
      sent.on("error", () => {});
      sent.end(`Action=${action}`);
      requests.push(sent);
    });
  }

  return {
    get: (ctx, ref) => ask(ctx, "DescribeInstances", ref),
    native: (ctx, ref) => ask(ctx, "DescribeInstances", ref),
    getMany: (ctx, refs) => ask(ctx, "DescribeInstances", refs),
    list: (ctx, account) => ask(ctx, "DescribeInstances", account),
    async pages(ctx, onPage) {
      const call = ask(ctx, "DescribeInstances", undefined);
      if (onPage() === "stay") await call;
      else call.catch(() => {});
    },
    act: (ctx, ref) => ask(ctx, "RebootInstances", ref),
    async close() {},
    /** What it left is cleared away when it was counted, so that the drill itself ends. */
    [Symbol.dispose]() {
      for (const timer of timers) clearTimeout(timer);
      for (const sent of requests) sent.destroy();
      for (const listener of atExit) process.off("beforeExit", listener);
      agent.destroy();
    },
  } as Subject & Disposable;
}
