import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** The modules that a program loads with one entry, on the sources. */
function loadedWith(entry: string): readonly string[] {
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier === "@cloudlink/core" ? ${JSON.stringify(core)} : specifier, context);
        loaded.push(resolved.url);
        return resolved;
      },
    });
    await import(${JSON.stringify(new URL(entry, import.meta.url).href)});
    console.log(JSON.stringify(loaded));
  `;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  });
  return JSON.parse(output.toString());
}

const core = new URL("../../core/src/index.ts", import.meta.url).href;

it("a program that asks a server loads no schema library; one that speaks its forms does", () => {
  const isZod = (url: string) => /\/node_modules\/zod\//.test(url);
  expect(loadedWith("../src/index.ts").filter(isZod)).toEqual([]);
  expect(loadedWith("../src/wire/index.ts").filter(isZod)).not.toEqual([]);
});
