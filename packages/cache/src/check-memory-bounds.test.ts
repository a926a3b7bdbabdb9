import { CloudLinkError } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import { checkMemoryBounds } from "./check-memory-bounds.ts";
import { createMemoryCache } from "./create-memory-cache.ts";

describe("the bounds of a cache", () => {
  it("are 100,000 entries and 128 MiB unless others are given", () => {
    expect(checkMemoryBounds({})).toEqual({ maxEntries: 100_000, maxBytes: 134_217_728 });
    expect(createMemoryCache({ maxEntries: 5 }).use()).toMatchObject({ maxEntries: 5, maxBytes: 134_217_728 });
  });

  it.each([0, -1, Number.NaN, "100" as unknown as number, null as unknown as number])("refuse %s", (wrong) => {
    for (const settings of [{ maxEntries: wrong }, { maxBytes: wrong }]) {
      const [name = ""] = Object.keys(settings);
      expect(() => createMemoryCache(settings)).toThrow(CloudLinkError);
      expect(() => createMemoryCache(settings)).toThrow(name);
    }
  });
});
