import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

test("without flags the server runs on a port that is always the same, on a sandbox with AWS's limits", () => {
  expect(readOptions([])).toEqual({ help: false, once: false, port: 8080, count: 0, limits: "published" });
});

test("every flag is read", () => {
  expect(readOptions(["--once", "--port", "0", "--count=10000", "--limits", "off"])).toEqual({
    ...{ help: false, once: true, port: 0, count: 10_000, limits: "off" },
  });
});

test.each([["--port", "http"], ["--port", "65536"], ["--count", "-1"], ["--limits", "some"], ["--nonsense"]])(
  "%s %s is refused",
  (...argv) => {
    expect(() => readOptions(argv)).toThrow();
  },
);
