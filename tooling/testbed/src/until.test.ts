import { expect, test } from "vitest";
import { until } from "./until.ts";

test("asks until there is an answer", async () => {
  let asked = 0;
  const answer = await until({ what: "the third", timeoutMs: 20_000 }, async () => {
    asked += 1;
    if (asked === 1) throw new Error("not there yet");
    return asked === 3 ? "third" : undefined;
  });
  expect(answer).toBe("third");
});

test("says what it waited for, and why it failed last", async () => {
  const failure = new Error("refused");
  const waiting = until({ what: "a server", timeoutMs: 0 }, () => Promise.reject(failure));
  await expect(waiting).rejects.toMatchObject({ message: "a server: not within 0 ms", cause: failure });
});
