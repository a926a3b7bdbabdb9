import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Build, buildOnce } from "./build-once.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cloudlink-build-once-"));
});

afterEach(() => rm(root, { recursive: true, force: true }));

function aBuild(overrides: Partial<Build> = {}): Build & { readonly lines: string[]; readonly builds: () => number } {
  const lines: string[] = [];
  let builds = 0;
  return {
    folder: join(root, "deep", "server"),
    lines,
    builds: () => builds,
    progress: (line) => lines.push(line),
    isSound: async (folder) => existsSync(join(folder, "done")),
    build: async (folder) => {
      builds += 1;
      await writeFile(join(folder, "done"), `build ${builds}`);
    },
    ...overrides,
  };
}

describe("buildOnce", () => {
  test("builds a folder that is not there, and leaves nothing else behind", async () => {
    const build = aBuild();
    await buildOnce(build);
    expect(await readdir(build.folder)).toEqual(["done"]);
    expect(await readdir(dirname(build.folder))).toEqual(["server"]);
  });

  test("does nothing where the folder is there and sound", async () => {
    const build = aBuild();
    await buildOnce(build);
    await buildOnce(build);
    expect(build.builds()).toBe(1);
  });

  test("builds anew what is there and does not work any more", async () => {
    const build = aBuild();
    await mkdir(build.folder, { recursive: true });
    await writeFile(join(build.folder, "leftover"), "");
    await buildOnce(build);
    expect(await readdir(build.folder)).toEqual(["done"]);
  });

  test("builds once for all who want it at the same time, and tells those who wait", async () => {
    const building = Promise.withResolvers<void>();
    const told = Promise.withResolvers<string>();
    const first = aBuild({
      build: async (folder) => {
        building.resolve();
        await told.promise;
        await writeFile(join(folder, "done"), "by the first");
      },
    });
    const second = aBuild({ progress: (line) => told.resolve(line) });
    const one = buildOnce(first);
    await building.promise;
    await Promise.all([one, buildOnce(second)]);
    expect(await told.promise).toMatch(/another process is installing/);
    expect(second.builds()).toBe(0);
    expect(await readFile(join(second.folder, "done"), "utf8")).toBe("by the first");
  });

  test("leaves nothing that looks finished when the build fails, and the next one succeeds", async () => {
    const failing = aBuild({
      build: async (folder) => {
        await writeFile(join(folder, "done"), "half");
        throw new Error("no network");
      },
    });
    await expect(buildOnce(failing)).rejects.toThrow("no network");
    expect(await readdir(dirname(failing.folder))).toEqual([]);
    const next = aBuild();
    await buildOnce(next);
    expect(next.builds()).toBe(1);
  });

  test("takes over the lock of a process that is no more", async () => {
    const build = aBuild();
    await mkdir(`${build.folder}.lock`, { recursive: true });
    // Above every process id there is (Linux: at most 2^22).
    await writeFile(join(`${build.folder}.lock`, "pid"), String(2 ** 22 + 1));
    await buildOnce(build);
    expect(build.builds()).toBe(1);
  });

  test("gives up on the lock of a process that never ends, and names it", async () => {
    const build = aBuild({ patienceMs: 0 });
    await mkdir(`${build.folder}.lock`, { recursive: true });
    await writeFile(join(`${build.folder}.lock`, "pid"), String(process.pid));
    await expect(buildOnce(build)).rejects.toThrow(`remove ${build.folder}.lock`);
    expect(build.builds()).toBe(0);
  });
});
