import { CloudLinkError } from "@cloudlink/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { validManifest } from "../../test/plugin-folder.ts";
import { parsePluginManifest } from "./parse-plugin-manifest.ts";

async function errorOf(source: string | Uint8Array): Promise<CloudLinkError> {
  const error = await parsePluginManifest(source).then(
    () => new Error("It was expected to be refused."),
    (thrown: unknown) => thrown,
  );
  if (CloudLinkError.isInstance(error)) return error;
  throw error;
}

async function messageOf(source: string | Uint8Array): Promise<string> {
  return (await errorOf(source)).rawMessage;
}

/** {@link validManifest} with a part of it replaced. */
function changed(from: string, to: string): string {
  expect(validManifest).toContain(from);
  return validManifest.replace(from, to);
}

describe("a valid plugin.yaml", () => {
  it("is read, as text and as bytes, and frozen", async () => {
    const manifest = await parsePluginManifest(validManifest);
    expect(manifest).toEqual({
      apiVersion: "cloudlink.dev/v1alpha1",
      name: "tiny",
      version: "1.2.3",
      displayName: "Tiny",
      contract: ["v1alpha1"],
      kinds: [{ kind: "home.Lamp", major: 1, capabilities: ["get"] }],
      runtime: { type: "module", entry: "./dist/index.mjs" },
      settings: { colour: "white" },
    });
    expect(Object.isFrozen(manifest.kinds[0]?.capabilities)).toBe(true);
    const withMark = new TextEncoder().encode(`\ufeff${validManifest}`);
    expect(await parsePluginManifest(withMark)).toEqual(manifest);
    expect(await parsePluginManifest(validManifest.replaceAll("\n", "\r\n"))).toEqual(manifest);
  });

  it("may run otherwise, and have any JSON as settings, aliases and number-like keys among it", async () => {
    const settings = "a: &a [1, -0.5, null, true, {b: ''}]\n  b: *a\n  8080: {&k key: 1}\n  d: *k\n  e: 0x10";
    const manifest = await parsePluginManifest(changed("colour: white", settings));
    const list = [1, -0.5, null, true, { b: "" }];
    expect(manifest.settings).toEqual({ a: list, b: list, "8080": { key: 1 }, d: "key", e: 16 });
    const runtime = "type: module\n  entry: ./dist/index.mjs";
    for (const [text, value] of [
      ["type: process\n  command: [node, ./main.js]", { type: "process", command: ["node", "./main.js"] }],
      ["type: remote\n  address: https://127.0.0.1:1", { type: "remote", address: "https://127.0.0.1:1" }],
    ] as const) {
      expect((await parsePluginManifest(changed(runtime, text))).runtime).toEqual(value);
    }
  });

  it("is YAML 1.2, whatever a directive says", async () => {
    const manifest = await parsePluginManifest(
      `%YAML 1.1\n---\n${changed("white", "yes\n  at: 2001-12-14\n  <<: {x: 1}")}`,
    );
    expect(manifest.settings).toEqual({ colour: "yes", at: "2001-12-14", "<<": { x: 1 } });
  });
});

describe("an error of a plugin.yaml", () => {
  it.each([
    ["a syntax error", "contract: [v1alpha1]", "contract: [v1alpha1", /^plugin\.yaml:6:1: Flow sequence/],
    [
      "a key that repeats",
      "displayName: Tiny",
      "name: other",
      /:4:1: "name" is here a second time; the first is on line 2$/,
    ],
    [
      "an unknown key",
      "displayName:",
      "displayname:",
      /:4:1: unknown key "displayname"; did you mean "displayName"\?$/,
    ],
    ["an unknown key of a kind", "    major: 1", "    majr: 1", /:8:5: unknown key "majr"; did you mean "major"\?/],
    ["an unknown key of a runtime", "  entry:", "  entri:", /:12:3: unknown key "entri"; did you mean "entry"\?/],
    ["a key far from any", "displayName: Tiny", "zzz: 1", /:4:1: unknown key "zzz"; known are apiVersion, name,/],
    ["a key that is missing", "    major: 1\n", "", /:7:5: "kinds\[0\]\.major" is missing$/],
    ["a key without a value", "name: tiny", "name:", /:2:6: "name" has no value$/],
    [
      "a version that YAML takes for a number",
      "1.2.3",
      "1.2",
      /:3:10: "version" has to be text, and YAML reads a number/,
    ],
    ["a version that is none", "1.2.3", "1.2.x", /:3:10: "version" is not a semantic version/],
    [
      "a version beyond reason",
      "1.2.3",
      "99999999999999999999.1.1",
      /:3:10: "version" has numbers that are too large$/,
    ],
    ["another apiVersion", "v1alpha1\nname", "v9\nname", /:1:13: "apiVersion" has to be cloudlink\.dev\/v1alpha1, not/],
    ["a name that refs cannot have", "name: tiny", "name: Tiny", /:2:7: "name" is not a provider's name/],
    ["a kind's name that is none", "home.Lamp", "lamp", /:7:11: "kinds\[0\]\.kind" is not a kind's name/],
    ["a major that is not whole", "major: 1", "major: 1.5", /:8:12: "kinds\[0\]\.major" has to be a whole number$/],
    ["a major of 0", "major: 1", "major: 0", /:8:12: "kinds\[0\]\.major" has to be 1 or more$/],
    ["a major that is text", "major: 1", "major: one", /:8:12: "kinds\[0\]\.major" has to be a number, not text$/],
    [
      "a capability that is none",
      "[get]",
      "[get, gett]",
      /:9:25: .* has to be one of get, .*; did you mean "get(Many)?"\?$/,
    ],
    ["a capability twice", "[get]", "[get, get]", /:9:25: "kinds\[0\]\.capabilities\[1\]" repeats get$/],
    ["a list that is empty", "[get]", "[]", /:9:19: "kinds\[0\]\.capabilities" is empty$/],
    ["a list that is text", "[v1alpha1]", "v1alpha1", /:5:11: "contract" has to be a list, not text$/],
    ["a contract that is none", "[v1alpha1]", "[latest]", /:5:12: "contract\[0\]" is not a contract version/],
    [
      "a runtime that is none",
      "type: module",
      "type: modul",
      /:11:9: "runtime.type" has to be one of module, process, remote/,
    ],
    ["a runtime without a type", "  type: module\n", "", /:11:3: "runtime\.type" is missing/],
    [
      "settings that are a list",
      "settings:\n  colour: white",
      "settings: [1]",
      /:13:11: "settings" has to be a mapping, not a list$/,
    ],
    ["a number that JSON lacks", "white", ".inf", /:14:11: this is not a number that JSON can hold$/],
    ["a tag", "white", "!!binary aGk=", /:14:11: Unresolved tag/],
    ["a key that is not text", "colour:", "? [a]\n  :", /:14:5: a key has to be text/],
    ["__proto__ as a key", "colour: white", "__proto__: {admin: true}", /:14:3: "__proto__" cannot be a key$/],
    ["an alias of nothing", "white", "*white", /:14:11: the alias \*white has no anchor &white before it$/],
    [
      "an alias of itself",
      "colour: white",
      "a: &a {b: [*a]}",
      /:14:14: the alias \*a stands inside what it stands for$/,
    ],
    ["a second document", "settings:", "---\nsettings:", /:13:1: a second document begins here/],
    ["control characters", "Tiny", '"\\e[2J"', /:4:14: "displayName" is not one line of text$/],
  ])("has the place and the remedy: %s", async (_, from, to, message) => {
    expect(await messageOf(changed(from, to))).toMatch(message);
  });

  it.each([
    "../x.js",
    "/etc/x.js",
    "dist/x.js",
    "./../x.js",
    "./a/../../x.js",
    "./a//b.js",
    "./a/..",
    "./",
    ".\\x.js",
    "./a\\..\\x.js",
    "file:///x.js",
    "./a/./b.js",
  ])("refuses an entry that could leave the folder: %s", async (entry) => {
    expect(await messageOf(changed("./dist/index.mjs", JSON.stringify(entry)))).toMatch(
      /:12:10: "runtime\.entry" is not a path inside the plugin's folder/,
    );
  });

  it("names the file and what is wrong, in a form that programs can use", async () => {
    const error = await parsePluginManifest("- 1", { file: "plugins/tiny/plugin.yaml" }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: "invalid_argument",
      reason: "ErrInvalidSettings",
      rawMessage: "plugins/tiny/plugin.yaml:1:1: a plugin.yaml has to be a mapping, not a list",
      details: { file: "plugins/tiny/plugin.yaml", line: "1", column: "1" },
    });
    expect(await messageOf("# nothing\n")).toBe("plugin.yaml:1:1: the file is empty");
    expect((await errorOf(1 as never)).reason).toBe("ErrInvalidSettings");
  });

  it("tells all problems by place, and no more than ten", async () => {
    const message = await messageOf(changed("name: tiny\nversion: 1.2.3", "version: x\nname: X"));
    expect(message.split("\n").map((line) => line.slice(0, 16))).toEqual(["plugin.yaml:2:10", "plugin.yaml:3:7:"]);
    const many = await messageOf(Array.from({ length: 30 }, (_, index) => `key${index}: 1`).join("\n"));
    expect(many.split("\n")).toHaveLength(11);
    expect(many).toMatch(/… and \d+ more\.$/);
  });

  it("is told of an alias at the place where the fault is, in what it stands for", async () => {
    const second =
      "[get]\n  - {kind: home.Fan, major: 1, capabilities: &c [get, x]}\n  - {kind: home.Fan, major: 2, capabilities: *c}";
    const message = await messageOf(changed("[get]", second));
    expect(message.split("\n").map((line) => line.slice(0, 45))).toEqual([
      'plugin.yaml:10:55: "kinds[1].capabilities[1]"',
      'plugin.yaml:10:55: "kinds[2].capabilities[1]"',
    ]);
  });

  it("points at the first byte that is not UTF-8", async () => {
    const bytes = new TextEncoder().encode("name: é\nversion: é");
    bytes[bytes.length - 1] = 0x20;
    expect(await messageOf(bytes)).toBe("plugin.yaml:2:10: this is not UTF-8. Save the file as UTF-8.");
    expect(await messageOf(new Uint8Array([0xff]))).toMatch(/^plugin\.yaml:1:1: this is not UTF-8/);
  });
});

describe("a hostile plugin.yaml", () => {
  it("is not larger than 64 KiB, in bytes", async () => {
    const comment = "#".repeat(64 * 1024 - validManifest.length);
    expect((await parsePluginManifest(validManifest + comment)).name).toBe("tiny");
    expect(await messageOf(`${validManifest + comment}#`)).toContain("has 65537 bytes; the most is 65536");
    expect(await messageOf("é".repeat(33 * 1024))).toContain("the most is 65536");
  });

  it("has no aliases that stand for more than a file can hold", async () => {
    const levels = Array.from({ length: 9 }, (_, index) => {
      const items = index === 0 ? "x,".repeat(9) : `*l${index - 1},`.repeat(9);
      return `  l${index}: &l${index} [${items}]`;
    });
    const message = await messageOf(changed("  colour: white", levels.join("\n")));
    expect(message).toMatch(/^plugin\.yaml:\d+:\d+: with the alias \*l\d, aliases stand for more than 12000 values$/);
  });

  it.each(["[", "{a: ", "- ", "? ", "[a: {"])("is not nested beyond bounds: %s", async (open) => {
    expect(await messageOf(open.repeat(200))).toMatch(/^plugin\.yaml:1:\d+: this is nested more than 64 levels deep$/);
    expect(await messageOf(open.repeat(Math.floor(65_536 / open.length)))).toMatch(/YAML tokens$/);
  });

  it("has no more tokens than bounds, and the place is where they are passed", async () => {
    expect(await messageOf("a:\n".repeat(20_000))).toBe("plugin.yaml:4001:1: the file has more than 12000 YAML tokens");
  });

  it("writes nothing to the prototypes of others", async () => {
    const keys = "constructor: {prototype: {polluted: 1}}\n  toString: 1\n  hasOwnProperty: x";
    const manifest = await parsePluginManifest(changed("colour: white", keys));
    expect(manifest.settings).toEqual({
      constructor: { prototype: { polluted: 1 } },
      toString: 1,
      hasOwnProperty: "x",
    });
    await errorOf(changed("colour: white", "__proto__: {polluted: 1}"));
    await errorOf(`__proto__: {polluted: 1}\n${validManifest}`);
    await errorOf(changed("    major: 1", "    major: 1\n    constructor: 1"));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("anything else", () => {
  /** Why it was refused, if it was; throws for any rejection that is not the documented one with a place. */
  async function readsOrRefuses(source: string | Uint8Array): Promise<string | undefined> {
    try {
      await parsePluginManifest(source);
      return undefined;
    } catch (error) {
      expect(CloudLinkError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidSettings", origin: "caller" });
      expect((error as CloudLinkError).rawMessage).toMatch(/^plugin\.yaml:[1-9]\d*:[1-9]\d*: ./);
      return (error as CloudLinkError).rawMessage;
    }
  }

  const pieces = fc.constantFrom(
    ..."[]{},:?-&*!|>'\"%@`#~".split(""),
    "\n",
    "\n  ",
    "\t",
    "---\n",
    "...\n",
    "&a ",
    "*a",
    "<<: ",
    "__proto__: ",
    "!!str ",
    "!!set ",
    ".nan",
    "null",
    "0x1F",
    "\u0000",
    "\ud800",
    "\ufeff",
    "\u2028",
    "kinds:\n",
    "runtime: ",
    "settings: ",
    "name: ",
    "1e999",
    "-",
    "constructor: ",
    "{a: b}",
    "\\",
    "%YAML 1.1\n---\n",
  );
  const cut = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(12),
    put: fc.oneof(pieces, fc.string({ maxLength: 8 })),
  });
  const mutated = fc.array(cut, { minLength: 1, maxLength: 5 }).map((cuts) => {
    let text = validManifest;
    for (const { at, length, put } of cuts) {
      const start = Math.floor(at * text.length);
      text = text.slice(0, start) + put + text.slice(start + length);
    }
    return text;
  });

  it("is read or refused with a place: valid files with changes", async () => {
    let pastSyntax = 0;
    await fc.assert(
      fc.asyncProperty(mutated, async (text) => {
        const refusal = await readsOrRefuses(text);
        if (refusal === undefined || /"(name|version|contract|kinds|runtime|settings)|unknown key/.test(refusal))
          pastSyntax++;
      }),
      { numRuns: 12_000 },
    );
    // Or the checks behind the first one would hardly have been tried.
    expect(pastSyntax).toBeGreaterThan(1_000);
  });

  it("is read or refused with a place: texts and pieces of YAML", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join("")),
    );
    await fc.assert(
      fc.asyncProperty(text, async (source) => void (await readsOrRefuses(source))),
      { numRuns: 4_000 },
    );
  });

  it("is read or refused with a place: bytes", async () => {
    const valid = new TextEncoder().encode(validManifest);
    const damaged = fc
      .tuple(fc.nat(valid.length - 1), fc.uint8Array({ minLength: 1, maxLength: 4 }))
      .map(([at, bytes]) => {
        const copy = Uint8Array.from(valid);
        copy.set(bytes.subarray(0, copy.length - at), at);
        return copy;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), damaged), async (bytes) => void (await readsOrRefuses(bytes))),
      { numRuns: 4_000 },
    );
  });
});
