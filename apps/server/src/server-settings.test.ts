import { createNexus } from "@cloudlink/nexus";
import { expect, test } from "vitest";
import { resolveSettings } from "./server-settings.ts";

const nexus = createNexus({ providers: [] });

test("what is left out has a default, and what is given stays", () => {
  expect(resolveSettings({ nexus, drainMs: 0 })).toMatchObject({ address: "127.0.0.1", port: 8080, drainMs: 0 });
});

test.each([{ port: 65_536 }, { maxConcurrentCalls: 0 }, { stallMs: Number.POSITIVE_INFINITY }, { drainMs: -1 }])(
  "%j is refused",
  (settings) => {
    expect(() => resolveSettings({ nexus, ...settings })).toThrow(/is a whole number from/);
  },
);
