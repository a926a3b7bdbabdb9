import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { defineConfig } from "vitest/config";

/** Tests run on the sources of every workspace package, so that a change is seen without a build. */
const sources = globSync("{packages,apps,tooling}/*/src/index.ts", { cwd: import.meta.dirname }).map((entry) => ({
  find: new RegExp(`^@cloudlink/${dirname(dirname(entry)).split("/").at(-1)}$`),
  replacement: join(import.meta.dirname, entry),
}));
sources.push({
  find: /^@cloudlink\/core\/calls$/,
  replacement: join(import.meta.dirname, "packages/core/src/calls/index.ts"),
});

sources.push({
  find: /^@cloudlink\/core\/testing$/,
  replacement: join(import.meta.dirname, "packages/core/src/testing/index.ts"),
});

sources.push({
  find: /^@cloudlink\/client\/wire$/,
  replacement: join(import.meta.dirname, "packages/client/src/wire/index.ts"),
});

sources.push({
  find: /^@cloudlink\/cache\/redis$/,
  replacement: join(import.meta.dirname, "packages/cache/src/redis/index.ts"),
});

export default defineConfig({
  resolve: { alias: sources.filter(({ replacement }) => existsSync(replacement)) },
  test: {
    include: ["{packages,apps,tooling,examples}/*/{src,test}/**/*.test.ts"],
    typecheck: { enabled: false },
    // Every path of the suite waits on an event, not on a timer: a test that needs longer than this is stuck.
    testTimeout: 30_000,
    hookTimeout: 120_000,
    coverage: {
      provider: "v8",
      include: ["{packages,apps,tooling}/*/src/**/*.ts"],
      exclude: ["**/*.test.ts", "**/*.test-d.ts", "**/index.ts"],
      reporter: ["text-summary", "json-summary"],
    },
  },
});
