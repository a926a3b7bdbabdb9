import { type ConformanceSettings, providerConformance } from "./provider-conformance.ts";

/** How one test of the suite ended. */
export interface ConformanceResult {
  /** The name of the test, which begins with the case's id. */
  readonly name: string;
  /** Why it failed; `undefined` where it passed. */
  readonly error: unknown;
}

/** Runs the suite without a test runner, one case after the other. */
export async function runConformance(settings: ConformanceSettings): Promise<readonly ConformanceResult[]> {
  const tests: { readonly name: string; readonly body: () => Promise<void> }[] = [];
  const afterwards: (() => Promise<void>)[] = [];
  providerConformance(
    {
      describe: (_name, body) => body(),
      test: (name, body) => tests.push({ name, body }),
      afterAll: (body) => afterwards.push(body),
    },
    settings,
  );
  const results: ConformanceResult[] = [];
  try {
    for (const { name, body } of tests) {
      const error = await body().then(
        () => undefined,
        (reason: unknown) => reason ?? new TypeError("it failed with nothing"),
      );
      results.push({ name, error });
    }
  } finally {
    for (const body of afterwards) await body();
  }
  return results;
}
