import { describe, expect, it } from "vitest";
import { replyOf } from "./redis-reply.ts";
import { troubleConnecting, troubleOf } from "./redis-trouble.ts";

/** As ioredis rejects. */
const error = (message: string, { name = "ReplyError", ...more } = {}) =>
  Object.assign(new Error(message), { name, ...more });

describe("what Redis replied", () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", "OOM", false, true],
    ["ERR Error running script (call to f_1): @user_script:1: -OOM command not allowed", "OOM", false, true],
    ["WRONGTYPE Operation against a key holding the wrong kind of value script: 1", "WRONGTYPE", false, false],
    ["ERR unknown command 'hush'", "ERR", false, false],
    ["no word at all: hush", "ERR", false, false],
    ["NEWWORD hush", "NEWWORD", false, true],
    ["LOADING Redis is loading the dataset in memory", "LOADING", true, true],
    ["NOAUTH Authentication required.", "NOAUTH", true, false],
  ])("%s", (message, word, isDown, mends) => {
    expect(replyOf(error(message))).toMatchObject({ word, isDown, mends });
    expect(troubleOf(error(message))).toMatchObject({ isDown, trouble: replyOf(error(message))?.trouble });
    expect(JSON.stringify(replyOf(error(message)))).not.toContain("hush");
  });

  it("is found in what ioredis says of several servers", () => {
    const lastNodeError = error("WRONGPASS invalid username-password pair");
    const all = error("Failed to refresh slots cache.", { name: "ClusterAllFailedError", ...{ lastNodeError } });
    expect(replyOf(all)?.word).toBe("WRONGPASS");
    const quoted = "All sentinels are unreachable. Last error: ReplyError: NOAUTH Authentication required.";
    expect(replyOf(error(quoted, { name: "Error" }))?.word).toBe("NOAUTH");
  });

  it.each([
    "Connection is closed.",
    "connect ECONNREFUSED",
    "All sentinels are unreachable. Last error: ETIMEDOUT",
    "All sentinels are unreachable. Last error: ReplyError: ERR No such master with that name",
    "ERR",
  ])("is nothing where it was not reached: %s", (message) => {
    expect(replyOf(error(message, { name: "Error" }))).toBeUndefined();
    expect(troubleOf(error(message, { name: "Error" }))).toMatchObject({
      ...{ trouble: "it cannot be reached", isDown: true },
    });
  });

  it("means that nothing can be asked where it came in place of a connection", () => {
    expect(troubleConnecting(error("ERR max number of clients reached"))).toMatchObject({
      ...{ trouble: "it refuses a command (ERR)", isDown: true },
    });
  });
});
