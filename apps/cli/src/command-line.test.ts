import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { commandLine } from "./command-line.ts";

test("plain words stay as they are, and others are quoted", () => {
  expect(commandLine(["cloudlink", "get", "a/b:c", "--server", "http://h:1/?a=1&b"])).toBe(
    "cloudlink get a/b:c --server 'http://h:1/?a=1&b'",
  );
});

test("a POSIX shell reads it back as the same words", () => {
  const word = fc.string({ unit: fc.constantFrom("a", " ", "'", '"', "$", "`", "\\", "\n", "*", "~", "#", "é", ";") });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
      const shown = execFileSync("sh", ["-c", `printf '%s\\0' ${commandLine(words)}`], { encoding: "utf8" });
      expect(shown.split("\0").slice(0, -1)).toEqual(words);
    }),
    { numRuns: 50 },
  );
});
