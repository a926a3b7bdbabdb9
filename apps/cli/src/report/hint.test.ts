import { CloudLinkError, type ErrorCode } from "@cloudlink/core";
import { expect, test } from "vitest";
import { type Caller, hintFor } from "./hint.ts";

const error = (code: ErrorCode, reason = "fake.Reason") =>
  new CloudLinkError({ code, reason, message: "m", origin: "vendor" }).toJSON();

test.each<[Caller, RegExp]>([
  ["shell", /--profile/],
  ["server", /server/],
  ["configuration", /configuration/],
])("who has no credentials is told where %s has them, and of no option that it does not take", (caller, where) => {
  for (const code of ["unauthenticated", "permission_denied"] as const) {
    const hint = hintFor(error(code), caller) ?? "";
    expect(hint).toMatch(where);
    if (caller !== "shell") expect(hint).not.toMatch(/--/);
  }
});

test("a server that cannot be reached is not a vendor that the server cannot reach", () => {
  expect(hintFor(error("unavailable", "ErrServerUnavailable"), "server")).toContain("--server");
  expect(hintFor(error("unavailable", "ErrVendorUnavailable"), "server")).toBeUndefined();
});

test("who is told to look how a resource stands is told to look at the live state: a server may have kept an older one", () => {
  for (const effect of ["unknown", "done"] as const) {
    expect(hintFor({ ...error("unavailable"), effect, ref: "a/b" }, "server")).toContain("cloudlink get a/b --live");
  }
});
