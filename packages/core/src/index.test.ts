import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";

const entry = join(import.meta.dirname, "index.ts");

/** The files of a program that imports the package, and then, if asked, loads a kind's schema. */
function loaded(alsoSchema: boolean): readonly string[] {
  const program = `
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
    const { VirtualMachine } = await import(${JSON.stringify(pathToFileURL(entry).href)});
    if (${alsoSchema}) await VirtualMachine.loadSchema();
    console.log(JSON.stringify(urls));`;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }));
}

/** Every file that the entry reaches by an import that is not loaded on demand: what its declarations are made of. */
function reached(file: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name] of readFileSync(file, "utf8").matchAll(/\bfrom "([^"]+)"/g)) {
    if (name?.startsWith(".")) reached(join(dirname(file), name), seen);
    else if (name !== undefined) seen.add(name);
  }
  return seen;
}

describe("@cloudlink/core", () => {
  it("loads no zod when it is imported, and loads it with a kind's schema", () => {
    const zod = (urls: readonly string[]) => urls.filter((url) => url.includes("/zod/")).length;
    const plain = loaded(false);
    expect(plain.length).toBeGreaterThan(10);
    expect(zod(plain)).toBe(0);
    expect(zod(loaded(true))).toBeGreaterThan(0);
  });

  it("Meaning 11: has no zod in its public types, nor anything else but Node's own", () => {
    const foreign = [...reached(entry)].filter((name) => !name.startsWith("/"));
    expect(foreign).toEqual(["node:crypto"]);
  });
});
