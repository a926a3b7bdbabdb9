import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBounded } from "./read-bounded.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cloudlink-yaml-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("readBounded", () => {
  it("reads all of a file within the bound, and one byte more of a larger one", async () => {
    const path = join(folder, "file");
    await writeFile(path, "abcdef");
    expect(Buffer.from(await readBounded({ path, maxBytes: 6 })).toString()).toBe("abcdef");
    expect(Buffer.from(await readBounded({ path, maxBytes: 3 })).toString()).toBe("abcd");
  });

  it("rejects as the file system does", async () => {
    await expect(readBounded({ path: join(folder, "none"), maxBytes: 1 })).rejects.toMatchObject({ code: "ENOENT" });
  });
});
