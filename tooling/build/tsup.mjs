import { defineConfig } from "tsup";

/**
 * The build of every package: ESM only, declarations, source maps. It is the one place that names the bundler,
 * so that another can take its place.
 *
 * @param {{ entry?: string[] | Record<string, string>, declarations?: boolean }} [settings]
 */
export function build(settings = {}) {
  return defineConfig({
    entry: settings.entry ?? ["src/index.ts"],
    format: "esm",
    target: "node22",
    platform: "node",
    dts: settings.declarations ?? true,
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: true,
    outExtension: () => ({ js: ".js" }),
  });
}
