import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { httpStatusOf } from "./code.ts";
import { codeOfReason, documentedReasons } from "./reason.ts";

it("every documented reason stands in docs/errors.md, under its code and HTTP status", () => {
  const page = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");
  const rows = page.matchAll(/^\| `(\w+)` \| (\d+) \| `(Err\w+)` \|/gm);
  const written = [...rows].map(([, code, status, reason]) => `${reason} ${code} ${status}`).sort();
  const known = documentedReasons.map((reason) => {
    const code = codeOfReason(reason);
    return `${reason} ${code} ${httpStatusOf(code)}`;
  });
  expect(written).toEqual(known.sort());
});
