import { background } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { describe, expect, it } from "vitest";
import { callOf } from "../test/provider-call.ts";
import { type Credentials, CredentialsFailure, shareCredentials } from "./shared-credentials.ts";

const MINUTE = 60_000;

/** A source of credentials that are good for so long, and how often it was asked. */
function sourceOf(lifeMs: number | undefined) {
  const clock = createManualClock();
  const call = callOf({ ctx: background({ clock }) });
  const source = {
    clock,
    call,
    asked: 0,
    failing: false,
    async fetch(): Promise<Credentials> {
      source.asked += 1;
      if (source.failing) throw new Error("no more");
      const keys = { accessKeyId: `key-${source.asked}`, secretAccessKey: "s" };
      return lifeMs === undefined ? keys : { ...keys, expiration: new Date(clock.nowMs() + lifeMs) };
    },
  };
  return source;
}

describe("shared credentials", () => {
  it("are fetched once, by callers at once and one after another", async () => {
    const source = sourceOf(undefined);
    const share = shareCredentials(source.fetch);
    const together = await Promise.all([share(source.call), share(source.call)]);
    source.clock.advance(100 * 24 * 60 * MINUTE);
    expect([...together, await share(source.call)].map(({ accessKeyId }) => accessKeyId)).toEqual(
      Array.from({ length: 3 }, () => "key-1"),
    );
    expect(source.asked).toBe(1);
  });

  it("are fetched again five minutes before they end", async () => {
    const source = sourceOf(60 * MINUTE);
    const share = shareCredentials(source.fetch);
    await share(source.call);
    source.clock.advance(55 * MINUTE - 1);
    expect((await share(source.call)).accessKeyId).toBe("key-1");
    source.clock.advance(1);
    expect((await share(source.call)).accessKeyId).toBe("key-2");
  });

  it("go on being used while they are good and no others can be had", async () => {
    const source = sourceOf(60 * MINUTE);
    const share = shareCredentials(source.fetch);
    await share(source.call);
    source.failing = true;
    source.clock.advance(56 * MINUTE);
    expect((await share(source.call)).accessKeyId).toBe("key-1");
    source.clock.advance(4 * MINUTE);
    await expect(share(source.call)).rejects.toThrow(CredentialsFailure);
  });

  it("that could not be fetched are asked for again by the next call", async () => {
    const source = sourceOf(undefined);
    source.failing = true;
    const share = shareCredentials(source.fetch);
    await expect(share(source.call)).rejects.toMatchObject({ cause: { message: "no more" } });
    source.failing = false;
    expect((await share(source.call)).accessKeyId).toBe("key-2");
  });
});
