import { describe, expect, test } from "vitest";
import { conformanceCases } from "./case-table.ts";
import type { Harness } from "./harness.ts";
import { type ConformanceOptions, providerConformance } from "./provider-conformance.ts";
import { createReferenceHarness } from "./reference/harness.test-support.ts";
import { runConformance } from "./run-conformance.ts";

async function failures(change: (harness: Harness) => Partial<Harness>, options: ConformanceOptions = {}) {
  let closed = 0;
  const results = await runConformance({
    name: "a harness",
    options: { patienceMs: 300, ...options },
    async createHarness() {
      const harness = createReferenceHarness();
      return { ...harness, ...change(harness), close: async () => void closed++ };
    },
  });
  expect(closed).toBe(1);
  return results.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, message: String(error) }]));
}

const withoutHold = ({ faults: { hold: _hold, ...faults } }: Harness) => ({ faults });

describe("a harness that cannot do everything", () => {
  test("fails each case that needs what it lacks, and is told how to go on", async () => {
    const failed = await failures(withoutHold);
    const needing = conformanceCases.filter(({ needs }) => needs.includes("hold")).map(({ id }) => id);
    expect(failed.map(({ name }) => name.split(":")[0])).toEqual(needing);
    for (const { message } of failed) expect(message).toContain("say in options.without.hold why not");
  });

  test("says why, and has those cases listed by name with the reason", async () => {
    const without = { hold: "this cloud cannot wait", clientGone: "nor look" };
    expect(await failures(withoutHold, { without })).toEqual([]);
    const names: string[] = [];
    const plan = providerConformance(
      { describe: (_, body) => body(), test: (name) => names.push(name), afterAll: () => {} },
      { name: "a harness", createHarness: async () => createReferenceHarness(), options: { without } },
    );
    const named = names.find((name) => name.startsWith("not applicable, without hold (this cloud cannot wait): "));
    const needing = conformanceCases.filter(({ needs }) => needs.includes("hold") || needs.includes("clientGone"));
    for (const { id } of needing) {
      expect(named).toContain(id);
      expect(plan.cases).not.toContain(id);
      expect(plan.notApplicable.map((entry) => entry.id)).toContain(id);
    }
    expect(plan.cases.length + plan.notApplicable.length).toBe(conformanceCases.length);
  });

  test("cannot leave out what it has", async () => {
    const [failed, ...others] = await failures(() => ({}), { without: { throttle: "too lazy" } });
    expect(others).toEqual([]);
    expect(failed?.message).toContain("throttle is there all the same");
  });
});

describe("a lease of the harness", () => {
  const credentials = async (parameters: readonly string[]) => {
    const steered = ({ createProvider, scope }: Harness): Partial<Harness> => ({
      createProvider() {
        const sound = createProvider();
        const declared = { ambient: true, parameters, keys: [] };
        return { ...sound, metadata: { ...sound.metadata, credentials: declared } };
      },
      lease: () => ({ id: "lease", scope, kind: "ambient", parameters: { profile: "one" } }),
    });
    return (await failures(steered)).find(({ name }) => name.startsWith("metadata.credentials"))?.message;
  };

  test("may have the parameters that the provider says it reads, and no other", async () => {
    expect(await credentials(["profile", "role"])).toBeUndefined();
    expect(await credentials(["role"])).toContain('"profile" is none of the parameters of the lease: role');
    expect(await credentials([])).toContain('"profile" is none of the parameters of the lease');
  });
});

describe("a case that is known to differ", () => {
  const knownDifferences = { "value.as-known": "the stand-in makes up its sizes" };

  test("is run and has to fail", async () => {
    const wrong = ({ present }: Harness) => ({ present: present.map(({ ref }) => ({ ref, value: { bytes: -1 } })) });
    const failed = await failures(wrong, { knownDifferences });
    expect(failed.map(({ name }) => name.split(":")[0])).not.toContain("value.as-known");
  });

  test("fails when it passes", async () => {
    const [failed] = await failures(() => ({}), { knownDifferences });
    expect(failed?.message).toContain("value.as-known passes: take it out");
  });
});

describe("options", () => {
  const declare = (options: object) =>
    providerConformance(
      { describe: (_, body) => body(), test: () => {}, afterAll: () => {} },
      { name: "", createHarness: async () => createReferenceHarness(), options },
    );

  test("that name no feature or case are refused", () => {
    expect(() => declare({ without: { patience: "none" } })).toThrow(/"patience"; there are: get, /);
    expect(() => declare({ knownDifferences: { "list.nice": "" } })).toThrow(/"list.nice", which is no case/);
    expect(() => declare({ without: { list: "none" }, knownDifferences: { "list.lazy": "" } })).toThrow(
      /not run at all/,
    );
  });
});
