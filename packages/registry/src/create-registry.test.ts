import { CloudLinkError, type Provider } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import fc from "fast-check";
import semver from "semver";
import { describe, expect, it } from "vitest";
import { tinyProvider } from "../test/tiny-provider.ts";
import { createRegistry } from "./create-registry.ts";

function registryOf(...versions: readonly string[]) {
  return createRegistry({ providers: versions.map((version) => tinyProvider({ version })) });
}

function versionOf(provider: Provider | undefined): string | undefined {
  return provider?.metadata.version;
}

function errorOf(call: () => unknown): CloudLinkError {
  try {
    call();
  } catch (error) {
    if (CloudLinkError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("It was expected to throw.");
}

describe("resolve", () => {
  const registry = registryOf("1.1.0", "1.3.0-beta.1", "1.2.4", "2.0.0", "1.2.10", "3.0.0-rc.1");

  it.each([
    ["tiny", "2.0.0"],
    ["tiny@*", "2.0.0"],
    ["tiny@^1.2", "1.2.10"],
    ["tiny@~1.2.0 <1.2.10", "1.2.4"],
    ["tiny@1.1.0", "1.1.0"],
    ["tiny@1", "1.2.10"],
    ["tiny@3.0.0-rc.1", "3.0.0-rc.1"],
    ["tiny@^1.3.0-beta.0", "1.3.0-beta.1"],
    ["tiny@1.1.x || ~1.2.4", "1.2.10"],
  ])("%s is the highest version that fits: %s", (spec, version) => {
    expect(versionOf(registry.resolve(spec))).toBe(version);
  });

  it("agrees with npm's maxSatisfying on any versions and ranges", () => {
    const number = fc.nat(3);
    const prerelease = fc.option(
      fc.tuple(fc.constantFrom("alpha", "beta", "0"), fc.nat(2)).map((parts) => `-${parts.join(".")}`),
      { nil: "" },
    );
    const version = fc.tuple(number, number, number, prerelease).map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`);
    const simple = fc.oneof(
      fc.tuple(fc.constantFrom("", "^", "~", ">", ">=", "<", "<=", "="), version).map((parts) => parts.join("")),
      fc.tuple(number, number).map(([a, b]) => `${a}.${b}.x`),
      fc.tuple(version, version).map(([from, to]) => `${from} - ${to}`),
      fc.constantFrom("*", "1", "2.x"),
    );
    const range = fc
      .array(fc.array(simple, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 })
      .map((sets) => sets.map((set) => set.join(" ")).join(" || "))
      .filter((text) => semver.validRange(text) !== null);
    let found = 0;
    let missed = 0;
    fc.assert(
      fc.property(fc.uniqueArray(version, { minLength: 1, maxLength: 12 }), range, (versions, wanted) => {
        const tested = registryOf(...versions);
        const expected = semver.maxSatisfying(versions, wanted);
        if (expected === null) {
          missed++;
          const error = errorOf(() => tested.resolve(`tiny@${wanted}`));
          expect(error.reason).toBe("ErrUnknownProvider");
          for (const there of versions.toSorted(semver.rcompare).slice(0, 10)) expect(error.message).toContain(there);
        } else {
          found++;
          expect(versionOf(tested.resolve(`tiny@${wanted}`))).toBe(expected);
        }
      }),
      { numRuns: 500 },
    );
    expect(found).toBeGreaterThan(50);
    expect(missed).toBeGreaterThan(50);
  });

  it("explains for each version why it does not fit, and says what to do", () => {
    const error = errorOf(() => registryOf("1.1.0", "1.3.0-beta.1", "2.0.0").resolve("tiny@^1.2"));
    expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrUnknownProvider", provider: "tiny" });
    expect(error.rawMessage).toBe(
      'No registered version of "tiny" fits ^1.2: 2.0.0 is too high; 1.3.0-beta.1 is a prerelease, which a range takes only if it ' +
        "names a prerelease of the same three numbers; 1.1.0 is too low. Add a version that fits, or ask for one that is there, " +
        "such as tiny@1.3.0-beta.1.",
    );
    expect(errorOf(() => registryOf("2.0.0").resolve("tiny@1 || 3")).message).toContain("2.0.0 is left out by it");
    expect(errorOf(() => registryOf("2.0.0").resolve("tiny@>3 <1")).message).toContain("as no version can be");
    expect(errorOf(() => registryOf("2.0.0-rc.1").resolve("tiny")).message).toContain("* (any stable version)");
    expect(errorOf(() => registryOf("1.0.0", "2.0.0-rc.1").resolve("tiny@3")).message).toContain("such as tiny@1.0.0.");
    const many = Array.from({ length: 40 }, (_, index) => `1.${index}.0`);
    expect(errorOf(() => registryOf(...many).resolve("tiny@2")).message).toContain(
      "and 30 lower ones do not fit either",
    );
  });

  it("names the nearest provider where there is none of that name", () => {
    const error = errorOf(() => registryOf("1.0.0").resolve("tniy@1"));
    expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrUnknownProvider" });
    expect(error.rawMessage).toBe(
      'No provider "tniy" is registered. Did you mean "tiny"? Registered are tiny. Register it with add() or load().',
    );
    expect(errorOf(() => createRegistry().resolve("aws")).message).toContain("None is registered");
  });

  it.each(["", "@1", "tiny@", "tiny@ ", "tiny@latest", "Tiny", "tiny@1@2", "tiny 1", "@scope/tiny@1"])(
    "refuses %j as no provider spec",
    (spec) => {
      expect(errorOf(() => registry.resolve(spec))).toMatchObject({
        code: "invalid_argument",
        reason: "ErrInvalidRequest",
      });
    },
  );

  it("answers any text with a provider or a CloudLinkError", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string().map((range) => `tiny@${range}`),
    );
    fc.assert(
      fc.property(text, (spec) => {
        try {
          registry.resolve(spec);
        } catch (error) {
          expect(CloudLinkError.isInstance(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(errorOf(() => registry.resolve(undefined as never)).reason).toBe("ErrInvalidRequest");
    expect(errorOf(() => registry.resolve(`tiny@${">".repeat(600)}`)).reason).toBe("ErrInvalidRequest");
  });
});

describe("add", () => {
  it("keeps versions side by side and refuses the same one twice, changing nothing", () => {
    const registry = registryOf("1.0.0", "1.1.0");
    const before = registry.versions();
    const error = errorOf(() => registry.add(tinyProvider({ version: "1.0.0" })));
    expect(error).toMatchObject({ code: "already_exists", reason: "ErrProviderExists", provider: "tiny" });
    expect(registry.versions()).toEqual(before);
    expect(before.map(versionOf)).toEqual(["1.1.0", "1.0.0"]);
  });

  it("takes versions that differ in build metadata alone for the same", () => {
    const error = errorOf(() => registryOf("1.0.0+a", "1.0.0+b"));
    expect(error.code).toBe("already_exists");
    expect(error.message).toContain("1.0.0+a");
  });

  it("lists names in the order they came, each once", () => {
    const registry = createRegistry({
      providers: [
        tinyProvider({ name: "zeta" }),
        tinyProvider({ name: "alpha" }),
        tinyProvider({ name: "zeta", version: "2.0.0" }),
      ],
    });
    expect(registry.list().map(({ metadata }) => `${metadata.name}@${metadata.version}`)).toEqual([
      "zeta@2.0.0",
      "alpha@1.0.0",
    ]);
    expect(registry.versions("zeta").map(versionOf)).toEqual(["2.0.0", "1.0.0"]);
    expect(registry.versions("beta")).toEqual([]);
  });
});

describe("current and route", () => {
  it("routes to the highest stable version, also when versions come in any order", () => {
    const registry = createRegistry();
    expect(registry.current("tiny")).toBeUndefined();
    registry.add(tinyProvider({ version: "2.0.0-rc.1" }));
    expect(registry.current("tiny")).toBeUndefined();
    expect(registry.list()).toEqual([]);
    for (const [added, routed] of [
      ["1.2.0", "1.2.0"],
      ["1.1.0", "1.2.0"],
      ["1.10.0", "1.10.0"],
    ] as const) {
      registry.add(tinyProvider({ version: added }));
      expect(versionOf(registry.current("tiny"))).toBe(routed);
      expect(registry.list().map(versionOf)).toEqual([routed]);
    }
  });

  it("routes by a rule that holds for versions which come later, until it is taken back", () => {
    const registry = registryOf("1.0.0", "2.0.0");
    expect(versionOf(registry.route("tiny", "^1"))).toBe("1.0.0");
    expect(registry.list().map(versionOf)).toEqual(["1.0.0"]);
    registry.add(tinyProvider({ version: "1.1.0" }));
    registry.add(tinyProvider({ version: "2.1.0" }));
    expect(versionOf(registry.current("tiny"))).toBe("1.1.0");
    registry.route("tiny", "1.0.0");
    registry.add(tinyProvider({ version: "1.2.0" }));
    expect(versionOf(registry.current("tiny"))).toBe("1.0.0");
    expect(versionOf(registry.route("tiny"))).toBe("2.1.0");
    expect(versionOf(registry.current("tiny"))).toBe("2.1.0");
  });

  it("routes to a prerelease that is asked for", () => {
    const registry = registryOf("1.0.0", "2.0.0-rc.1");
    expect(versionOf(registry.route("tiny", "2.0.0-rc.1"))).toBe("2.0.0-rc.1");
  });

  it("keeps what is routed where a rule fits nothing or is none", () => {
    const registry = registryOf("1.0.0");
    expect(errorOf(() => registry.route("tiny", "^2")).reason).toBe("ErrUnknownProvider");
    expect(errorOf(() => registry.route("tiny", "latest")).reason).toBe("ErrInvalidRequest");
    expect(errorOf(() => registry.route("other")).reason).toBe("ErrUnknownProvider");
    expect(errorOf(() => registry.route("Not A Name")).reason).toBe("ErrInvalidRequest");
    expect(versionOf(registry.current("tiny"))).toBe("1.0.0");
  });
});

/** A provider whose close() never ends. */
function stuckProvider(version: string, closed: string[] = []): Provider {
  return tinyProvider({
    version,
    close: async () => {
      closed.push(version);
      await new Promise(() => {});
    },
  });
}

describe("close", () => {
  it("waits ten seconds for a provider that does not close, names it, and has closed the others", async () => {
    const clock = createManualClock();
    const closed: string[] = [];
    const registry = createRegistry({
      clock,
      providers: [
        stuckProvider("1.0.0", closed),
        tinyProvider({ version: "2.0.0", close: async () => void closed.push("2.0.0") }),
      ],
    });
    const closing = registry.close().catch((thrown: unknown) => thrown);
    clock.advance(10_000);
    const error = await closing;
    expect(error).toMatchObject({ code: "internal", reason: "ErrProviderFault" });
    expect(String(error)).toMatch(/failed to close: tiny@1\.0\.0 \(not within 10 s\)\. The others/);
    expect(closed.toSorted()).toEqual(["1.0.0", "2.0.0"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("does nothing when it is called again, during or after, whether it went well or not", async () => {
    const closed: string[] = [];
    const registry = createRegistry({
      providers: [tinyProvider({ close: async () => void closed.push("once") })],
    });
    const first = registry.close();
    expect(registry.close()).toBe(first);
    await first;
    expect(registry.close()).toBe(first);
    expect(closed).toEqual(["once"]);
  });

  it("closes the others when one throws instead of rejecting", async () => {
    const closed: string[] = [];
    const throwing = tinyProvider({
      version: "1.0.0",
      close: () => {
        throw new Error("at once");
      },
    });
    const other = tinyProvider({ version: "2.0.0", close: async () => void closed.push("2.0.0") });
    const registry = createRegistry({ providers: [throwing, other] });
    await expect(registry.close()).rejects.toThrow("tiny@1.0.0");
    expect(closed).toEqual(["2.0.0"]);
  });

  it("closes every version once, even if one fails, and names the one that did", async () => {
    const closed: string[] = [];
    const providers = ["1.0.0", "1.1.0", "2.0.0"].map((version) =>
      tinyProvider({
        version,
        close: async () => {
          closed.push(version);
          if (version === "1.1.0") throw new Error("secret-4711");
        },
      }),
    );
    const registry = createRegistry({ providers });
    const error = await registry.close().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "internal", reason: "ErrProviderFault", origin: "plugin" });
    expect(String(error)).toContain("tiny@1.1.0");
    expect(String(error)).not.toContain("secret-4711");
    await expect(registry.close()).rejects.toBe(error);
    expect(closed.toSorted()).toEqual(["1.0.0", "1.1.0", "2.0.0"]);
  });

  it("routes to nothing afterwards and refuses the rest", async () => {
    const registry = registryOf("1.0.0");
    const closing = registry.close();
    expect(registry.current("tiny")).toBeUndefined();
    expect(registry.list()).toEqual([]);
    for (const call of [
      () => registry.add(tinyProvider()),
      () => registry.resolve("tiny"),
      () => registry.route("tiny"),
    ]) {
      expect(errorOf(call)).toMatchObject({ code: "failed_precondition", reason: "ErrRegistryClosed" });
    }
    await closing;
  });
});
