import assert from "node:assert/strict";
import { conformanceCases } from "./case-table.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { type Feature, featureNames, features, hasFeature } from "./feature.ts";
import type { Harness } from "./harness.ts";
import { Trial } from "./trial.ts";

/**
 * The test runner that the suite is run by: vitest's functions as they are; of `node:test`, `after` in place of `afterAll`.
 * No assertion of the runner's is used.
 */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => Promise<void>): unknown;
  afterAll(body: () => Promise<void>): unknown;
}

export interface ConformanceOptions {
  /**
   * What this provider or harness does not have, and why. Every case that needs it is listed as not applicable, with the reason, and
   * a check makes sure that it really is not there.
   */
  readonly without?: Readonly<Partial<Record<Feature, string>>>;
  /**
   * Cases that are known to fail here, and why: where a stand-in differs from the vendor, say. Such a case is run, and fails
   * when it passes: then it is time to take it off the list.
   */
  readonly knownDifferences?: Readonly<Record<string, string>>;
  /**
   * How long a case waits for what should come at once before it fails, in milliseconds. It is no claim about speed; the default
   * of 20 seconds leaves room for a busy machine.
   */
  readonly patienceMs?: number;
}

export interface ConformanceSettings {
  /** What the tests are grouped under. */
  readonly name: string;
  /** Called once, when the first case runs. */
  createHarness(): Promise<Harness>;
  readonly options?: ConformanceOptions;
}

/** What will be checked, and what not. */
export interface ConformancePlan {
  readonly cases: readonly string[];
  readonly notApplicable: readonly { readonly id: string; readonly because: string }[];
  readonly knownDifferences: readonly { readonly id: string; readonly because: string }[];
}

const PATIENCE_MS = 20_000;

/**
 * Declares a test for every case of the contract that applies, and one for each that is said not to. Nothing is left out in
 * silence: a case whose needs the harness does not meet fails unless `options.without` gives a reason.
 *
 * @throws TypeError for a name in `options` that no feature or case has.
 */
export function providerConformance(runner: TestRunner, settings: ConformanceSettings): ConformancePlan {
  const { name, options = {} } = settings;
  const { without = {}, knownDifferences = {}, patienceMs = PATIENCE_MS } = options;
  checkNames(options);
  let made: Promise<Harness> | undefined;
  const harness = () => {
    made ??= settings.createHarness();
    return made;
  };
  const lacking = (entry: ConformanceCase) => entry.needs.find((feature) => without[feature] !== undefined);
  const applicable = conformanceCases.filter((entry) => lacking(entry) === undefined);
  const notApplicable = conformanceCases.flatMap((entry) => {
    const feature = lacking(entry);
    return feature === undefined ? [] : [{ id: entry.id, because: without[feature] ?? "" }];
  });

  runner.describe(name, () => {
    for (const entry of applicable) {
      const difference = knownDifferences[entry.id];
      const run = async () => runCase(entry, { harness: await harness(), patienceMs });
      if (difference === undefined) runner.test(`${entry.id}: ${entry.promise}`, run);
      else runner.test(`${entry.id}: known to differ: ${difference}`, () => mustFail(entry.id, run));
    }
    for (const feature of featureNames) {
      const because = without[feature];
      if (because === undefined) continue;
      const ids = conformanceCases.filter(({ needs }) => needs.includes(feature)).map(({ id }) => id);
      runner.test(`not applicable, without ${feature} (${because}): ${ids.join(", ")}`, async () => {
        const there = await hasFeature(await harness(), feature);
        assert(!there, `${feature} is there all the same: ${features[feature]}. Take it out of \`without\`.`);
      });
    }
    runner.afterAll(async () => {
      await (await made)?.close?.();
    });
  });
  return {
    cases: applicable.map(({ id }) => id),
    notApplicable,
    knownDifferences: Object.entries(knownDifferences).map(([id, because]) => ({ id, because })),
  };
}

function checkNames({ without = {}, knownDifferences = {} }: ConformanceOptions): void {
  for (const feature of Object.keys(without)) {
    if (!Object.hasOwn(features, feature)) {
      throw new TypeError(`options.without names "${feature}"; there are: ${featureNames.join(", ")}`);
    }
  }
  for (const id of Object.keys(knownDifferences)) {
    const entry = conformanceCases.find((known) => known.id === id);
    if (entry === undefined) throw new TypeError(`options.knownDifferences names "${id}", which is no case`);
    const lacking = entry.needs.find((feature) => without[feature] !== undefined);
    if (lacking !== undefined) throw new TypeError(`"${id}" is not run at all without ${lacking}`);
  }
}

async function runCase(
  entry: ConformanceCase,
  { harness, patienceMs }: { readonly harness: Harness; readonly patienceMs: number },
): Promise<void> {
  for (const feature of entry.needs) {
    const there = await hasFeature(harness, feature);
    assert(
      there,
      `${entry.id} needs that ${features[feature]}. Provide it, or say in options.without.${feature} why not.`,
    );
  }
  const provider = harness.createProvider();
  try {
    const [lease, otherLease] = await Promise.all([harness.lease(), harness.otherPlace?.lease()]);
    await entry.run(new Trial({ harness, provider, lease, otherLease, patienceMs }));
  } finally {
    await provider.close();
  }
}

async function mustFail(id: string, run: () => Promise<void>): Promise<void> {
  const failed = await run().then(
    () => false,
    () => true,
  );
  assert(failed, `${id} passes: take it out of options.knownDifferences`);
}
