import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheFolder, cacheRoot } from "./cache-folder.ts";

describe("the cache of installed servers", () => {
  test("is where XDG_CACHE_HOME says, or else below the home folder", () => {
    expect(cacheRoot({ XDG_CACHE_HOME: "/var/cache/me" })).toBe("/var/cache/me/cloudlink-testbed");
    expect(cacheRoot({})).toBe(join(homedir(), ".cache", "cloudlink-testbed"));
    expect(cacheRoot({ XDG_CACHE_HOME: "relative" })).toBe(join(homedir(), ".cache", "cloudlink-testbed"));
  });

  test("has one folder for one recipe", () => {
    expect(cacheFolder("moto==5.2.5")).toBe(cacheFolder("moto==5.2.5"));
    expect(cacheFolder("moto==5.2.5")).not.toBe(cacheFolder("moto==5.2.6"));
  });
});
