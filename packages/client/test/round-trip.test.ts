import { isDeepStrictEqual } from "node:util";
import { CloudLinkError, CONTRACT_VERSION, defineKind, isRef, VirtualMachine } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { readCachedResource, readCacheStats } from "../src/read/cache.ts";
import { FormError, type Reader } from "../src/read/form.ts";
import { readKind, readKindSchema } from "../src/read/kind.ts";
import { readDryRun, readOperation } from "../src/read/operation.ts";
import { readProviders } from "../src/read/provider.ts";
import { readAnswer, readEndOfPage, readListProblem, readManyAnswer, readState } from "../src/read/resource-state.ts";
import {
  answerForm,
  cachedResourceForm,
  cacheStatsForm,
  dryRunForm,
  encodeAnswer,
  encodeCachedResource,
  encodeCacheStats,
  encodeDryRun,
  encodeKind,
  encodeKindWithSchema,
  encodeListLines,
  encodeListPage,
  encodeManyAnswer,
  encodeOperation,
  encodeProvider,
  formatListLine,
  freshnessAdviceForm,
  kindWithSchemaForm,
  listLineForm,
  listPageForm,
  manyAnswerForm,
  operationForm,
  providersForm,
} from "../src/wire/index.ts";
import * as arbitrary from "./arbitrary.ts";
import { mutated } from "./mutated.ts";

const nativeIdOf = () => "arn:1";

/** As another process gets it. */
function sent(form: unknown): unknown {
  return JSON.parse(JSON.stringify(form));
}

/** The same with errors as what they say: each is an object of its own, with a stack of its own. */
function comparable(value: unknown): unknown {
  if (CloudLinkError.isInstance(value)) return { error: value.toJSON() };
  if (isRef(value)) return { ref: value.key };
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, comparable(field)]),
  );
}

function isFrozenDeep(value: unknown): boolean {
  if (typeof value !== "object" || value === null || CloudLinkError.isInstance(value)) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozenDeep);
}

function check<Value, Form>(
  of: fc.Arbitrary<Value>,
  { encode, schema, read }: { encode: (value: Value) => Form; schema: z.ZodType; read: Reader<unknown> },
): void {
  fc.assert(
    fc.property(of, (value) => {
      const form = sent(encode(value));
      expect(schema.safeParse(form).error?.issues).toBeUndefined();
      const back = read(form);
      expect(isDeepStrictEqual(comparable(back), comparable(value))).toBe(true);
      expect(isFrozenDeep(back)).toBe(true);
    }),
  );
  // What a schema refuses, a reader refuses: a server that is broken is told from one that is not. A newer one's fields are left aside by both.
  fc.assert(
    fc.property(of.map(encode).map(sent).chain(mutated), (form) => {
      let accepted = true;
      try {
        read(form);
      } catch {
        accepted = false;
      }
      if (accepted) expect(schema.safeParse(asLookedAt(form)).error?.issues).toBeUndefined();
    }),
    { numRuns: 300 },
  );
}

/** What a reader looks at: it takes errors whatever they are, so that what a newer server fails by is still told, and no vendor's ids. */
function asLookedAt(form: unknown): unknown {
  if (Array.isArray(form)) return form.map(asLookedAt);
  if (typeof form !== "object" || form === null) return form;
  const anyError = { code: "unknown", reason: "r", message: "m", origin: "vendor", retry: { retryable: false } };
  return Object.fromEntries(
    Object.entries(form).flatMap(([name, field]) => {
      if (name === "nativeId") return [];
      const isError = (name === "error" || name === "denial") && typeof field === "object" && !Array.isArray(field);
      return [[name, isError && field !== null ? anyError : asLookedAt(field)] as const];
    }),
  );
}

describe("what is sent is of the schema's form, and comes back as it was and frozen:", () => {
  it("an answer, with and without the vendor's own body", () => {
    check(arbitrary.answer, {
      encode: (answer) => encodeAnswer(answer, nativeIdOf),
      schema: answerForm,
      read: readAnswer,
    });
  });

  it("many answers", () => {
    check(arbitrary.manyAnswer, {
      encode: (many) => encodeManyAnswer(many),
      schema: manyAnswerForm,
      read: readManyAnswer,
    });
  });

  it("an operation", () => {
    check(arbitrary.operation, { encode: (each) => encodeOperation(each), schema: operationForm, read: readOperation });
  });

  it("a dry run", () => {
    check(arbitrary.dryRun, { encode: (each) => encodeDryRun(each, nativeIdOf), schema: dryRunForm, read: readDryRun });
  });

  it("what is kept of a resource, and the counts of a cache", () => {
    check(arbitrary.kept, {
      encode: (states) => encodeCachedResource(states, nativeIdOf),
      schema: cachedResourceForm,
      read: readCachedResource,
    });
    check(arbitrary.cacheStats, { encode: encodeCacheStats, schema: cacheStatsForm, read: readCacheStats });
  });

  it("a page of a list, whole and as lines", () => {
    fc.assert(
      fc.property(arbitrary.listPage, (page) => {
        expect(listPageForm.safeParse(sent(encodeListPage(page, nativeIdOf))).error?.issues).toBeUndefined();
        const lines = [...encodeListLines(page, nativeIdOf)].map(formatListLine);
        for (const line of lines) expect(line.indexOf("\n")).toBe(line.length - 1);
        const forms = lines.map((line) => JSON.parse(line));
        for (const form of forms) expect(listLineForm.safeParse(form).error?.issues).toBeUndefined();
        const back = {
          items: forms.flatMap(({ item }) => (item === undefined ? [] : [readState(item)])),
          problems: forms.flatMap(({ problem }) => (problem === undefined ? [] : [readListProblem(problem)])),
          ...readEndOfPage(forms.at(-1).page),
        };
        expect(isDeepStrictEqual(comparable(back), comparable(page))).toBe(true);
      }),
    );
  });

  it("a kind, with the schema of its values", async () => {
    const form = sent(await encodeKindWithSchema(VirtualMachine));
    expect(kindWithSchemaForm.safeParse(form).error?.issues).toBeUndefined();
    const schema = readKindSchema((form as { schema: unknown }).schema);
    const kind = readKind(form, async () => schema);
    const { loadSchema, ...rest } = kind;
    const { loadSchema: theirs, ...original } = VirtualMachine;
    expect(comparable(rest)).toEqual(comparable(original));
    expect((await loadSchema()).toJsonSchema()).toEqual((await theirs()).toJsonSchema());
    for (const part of Object.values(rest)) expect(isFrozenDeep(part)).toBe(true);
    expect(Object.isFrozen(kind)).toBe(true);
  });

  it("an age that JSON cannot say, as the largest that it can", () => {
    const stale = { staleWhileRevalidateMs: Number.POSITIVE_INFINITY, staleIfErrorMs: 0.5 };
    const rules = [{ path: "state", words: ["a"], maxAgeMs: Number.POSITIVE_INFINITY, ...stale }];
    const freshness = { maxAgeMs: 1_500.5, ...stale, rules, listMaxAgeMs: Number.POSITIVE_INFINITY };
    const kind = defineKind<object>()({ ...VirtualMachine, freshness });
    const most = Number.MAX_SAFE_INTEGER;
    const sentStale = { staleWhileRevalidateMs: most, staleIfErrorMs: 0 };
    expect(readKind(sent(encodeKind(kind)), VirtualMachine.loadSchema).freshness).toEqual({
      ...{ maxAgeMs: 1_500, ...sentStale, listMaxAgeMs: most },
      rules: [{ path: "state", words: ["a"], maxAgeMs: most, ...sentStale }],
    });
    const unbounded = { maxEntries: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
    const [stats] = fc.sample(arbitrary.cacheStats, 1);
    expect(readCacheStats(sent(stats && encodeCacheStats({ ...stats, ...unbounded })))).toMatchObject({
      maxEntries: most,
      maxBytes: most,
    });
  });

  it("what a provider says of itself", () => {
    const operations = ["op"];
    const described = {
      contractVersion: CONTRACT_VERSION,
      metadata: {
        name: "attic",
        version: "1.0.0",
        displayName: "The attic",
        partitions: ["-"],
        kinds: [
          {
            kind: VirtualMachine.name,
            major: 1,
            regional: true,
            refTemplates: [{ template: "box:{account}:{id}", parts: { partition: "-" }, ignoreCase: true }],
            freshness: {
              ...{ maxAgeMs: 5, staleWhileRevalidateMs: 6, staleIfErrorMs: 7, listMaxAgeMs: 8 },
              rules: [{ path: "state.word", words: ["a", "b"], maxAgeMs: 0, staleIfErrorMs: 9 }],
            },
            get: { operations, views: ["standard"], native: true, sourceLagMs: 5 },
            getMany: { operations, views: ["standard"], maxRefs: 200 },
            list: { operations, views: ["standard"], pushDown: ["tags"], maxPageSize: 1_000 },
            actions: {
              start: { operations, dryRun: true, follow: { operations } },
              reboot: { operations, dryRun: false },
            },
            sensitive: ["a.b"],
          },
          { kind: "storage.Bucket", major: 1, regional: false, refTemplates: [] },
        ],
        limits: [
          { name: "all", dimensions: ["account", "region"] as const, operations, burst: 5, refillPerSecond: 0.5 },
        ],
        hosts: ["*.example.com"],
        credentials: { ambient: true, parameters: ["profile"], keys: ["key"] },
      },
    };
    const form = sent({ providers: [encodeProvider(described)] });
    expect(providersForm.safeParse(form).error?.issues).toBeUndefined();
    const back = readProviders(form);
    expect(back).toEqual([described]);
    expect(isFrozenDeep(back)).toBe(true);
  });

  it.each([
    { maxAgeMs: -1 },
    { maxAgeMs: 1, listMaxAgeMs: null },
    { maxAgeMs: 1, rules: [{ path: "", words: ["a"], maxAgeMs: 1 }] },
    { maxAgeMs: 1, rules: [{ path: "a", words: [], maxAgeMs: 1 }] },
    { maxAgeMs: 1, rules: [{ path: "a", words: ["a"] }] },
    {},
  ])("what is no advice is refused by schema and reader alike: %j", (freshness) => {
    expect(freshnessAdviceForm.safeParse(freshness).success).toBe(false);
    const kinds = { kind: VirtualMachine.name, major: 1, regional: true, refTemplates: [], freshness };
    const described = { ...encodeProvider(servingNothing), kinds: [kinds] };
    expect(() => readProviders({ providers: [described] })).toThrow(FormError);
    expect(() => readKind({ ...encodeKind(VirtualMachine), freshness }, VirtualMachine.loadSchema)).toThrow(FormError);
  });
});

/** A provider that serves nothing. */
const servingNothing = {
  contractVersion: CONTRACT_VERSION,
  metadata: {
    ...{
      name: "attic",
      version: "1.0.0",
      displayName: "The attic",
      partitions: ["-"],
      kinds: [],
      limits: [],
      hosts: [],
    },
    credentials: { ambient: true, parameters: [], keys: [] },
  },
};
