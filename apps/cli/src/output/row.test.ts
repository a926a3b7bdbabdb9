import { createRef } from "@cloudlink/core";
import { expect, test } from "vitest";
import { cellText, fieldAt, resourceRow } from "./row.ts";

const ref = createRef({
  provider: "aws",
  partition: "aws",
  account: "111111111111",
  region: "eu-west-1",
  kind: "compute.VirtualMachine",
  id: "i-1",
});

function row(value: unknown) {
  return resourceRow(
    { ref, value, view: "standard", freshness: { source: "live", observedAt: 0, ageMs: 1_234, refreshing: false } },
    () => "arn:1",
  );
}

test("a path leads into the value, and into the parts of ref and freshness", () => {
  const shown = row({ id: "i-1", size: { name: "m7g.large" } });
  expect(shown.field("size.name")).toBe("m7g.large");
  expect(shown.field("value.size.name")).toBe("m7g.large");
  expect(shown.field("ref")).toBe(ref.key);
  expect(shown.field("ref.account")).toBe("111111111111");
  expect(shown.field("freshness.observedAt")).toBe("1970-01-01T00:00:00.000Z");
  expect(shown.field("freshness.age")).toBe("1.2s");
  expect(shown.field("nativeId")).toBe("arn:1");
  expect(shown.field("nothing.here")).toBeUndefined();
});

test("a tag whose name has dots is found by its whole name", () => {
  const value = { tags: { "aws:cloudformation.stack.name": "web", aws: "other" } };
  expect(fieldAt(value, "tags.aws:cloudformation.stack.name")).toBe("web");
  expect(fieldAt(value, "tags.aws")).toBe("other");
});

test("a path does not lead to what an object inherits", () => {
  for (const path of [
    "constructor",
    "tags.__proto__",
    "tags.toString",
    "id.length",
    "__proto__.toString",
    "tags.__proto__.valueOf",
  ]) {
    expect(row({ id: "i-1", tags: {} }).field(path)).toBeUndefined();
  }
});

test.each([
  [undefined, ""],
  [null, ""],
  [false, "false"],
  [0, "0"],
  [["a", "b"], "a,b"],
  [[{ a: 1 }], '[{"a":1}]'],
  [{ a: 1 }, '{"a":1}'],
])("%j is the cell %j", (value, text) => {
  expect(cellText(value)).toBe(text);
});
