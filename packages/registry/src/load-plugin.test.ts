import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { background, CloudLinkError, type Context } from "@cloudlink/core";
import { createManualClock } from "@cloudlink/core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { pluginModule, readLog, type TemporaryFolder, validManifest, writeFolder } from "../test/plugin-folder.ts";
import { tinyProvider } from "../test/tiny-provider.ts";
import { createRegistry } from "./create-registry.ts";
import type { LoadRequest, Registry } from "./registry.ts";

const ctx = background();
const folders: TemporaryFolder[] = [];

afterEach(async () => {
  readLog();
  for (const folder of folders.splice(0)) await folder[Symbol.asyncDispose]();
});

async function folderOf(files?: Readonly<Record<string, string>>): Promise<string> {
  const folder = await writeFolder(files);
  folders.push(folder);
  return folder.path;
}

/** A folder with the plugin of {@link pluginModule}, changed by `change`. */
async function pluginWith(change: string): Promise<string> {
  return folderOf({ "dist/index.mjs": pluginModule(change) });
}

async function errorOf(request: LoadRequest, on: { registry?: Registry; ctx?: Context } = {}): Promise<CloudLinkError> {
  const loading = (on.registry ?? createRegistry()).load(on.ctx ?? ctx, request);
  const error = await loading.then(
    () => new Error("It was expected to be refused."),
    (thrown: unknown) => thrown,
  );
  if (CloudLinkError.isInstance(error)) return error;
  throw error;
}

describe("load", () => {
  it("registers the provider that the folder's module makes of its settings", async () => {
    const registry = createRegistry();
    const folder = await folderOf();
    const provider = await registry.load(ctx, { folder });
    expect(registry.current("tiny")).toBe(provider);
    expect(registry.resolve("tiny@^1.2")).toBe(provider);
    expect(JSON.parse(provider.metadata.displayName)).toEqual({ colour: "white" });
    await registry.close();
    expect(readLog()).toEqual(["imported", "created", "closed"]);
  });

  it("puts the request's settings in the place of those in plugin.yaml, name by name", async () => {
    const folder = await folderOf({ "plugin.yaml": `${validManifest}  watts: 5\n` });
    const provider = await createRegistry().load(ctx, { folder, settings: { colour: "red", room: "hall" } });
    expect(JSON.parse(provider.metadata.displayName)).toEqual({ colour: "red", watts: 5, room: "hall" });
  });

  it("gives the provider what its schema makes of the settings, also if that takes time", async () => {
    const folder = await pluginWith(
      `plugin.settingsSchema["~standard"].validate = async (value) => ({ value: { ...value, watts: 9 } });`,
    );
    const provider = await createRegistry().load(ctx, { folder });
    expect(JSON.parse(provider.metadata.displayName)).toEqual({ colour: "white", watts: 9 });
  });

  it("stands beside versions of the same name from elsewhere", async () => {
    const registry = createRegistry({ providers: [tinyProvider({ version: "1.0.0" })] });
    await registry.load(ctx, { folder: await folderOf() });
    expect(registry.versions("tiny").map(({ metadata }) => metadata.version)).toEqual(["1.2.3", "1.0.0"]);
  });

  it("takes a folder that is a link, and an entry that is a link within the folder", async () => {
    const folder = await folderOf();
    await symlink("./index.mjs", join(folder, "dist/link.mjs"));
    await writeFile(join(folder, "plugin.yaml"), validManifest.replace("index.mjs", "link.mjs"));
    const parent = await folderOf();
    await symlink(folder, join(parent, "link"));
    expect((await createRegistry().load(ctx, { folder: join(parent, "link") })).metadata.name).toBe("tiny");
  });

  // Not # and ?: the import of the test runner takes them for parts of a URL, where Node's does not.
  it("takes a folder whose name has characters that mean something in a URL", async () => {
    const parent = await folderOf();
    const folder = join(parent, "a %20 é");
    await mkdir(join(folder, "dist"), { recursive: true });
    await writeFile(join(folder, "plugin.yaml"), validManifest);
    await writeFile(join(folder, "dist/index.mjs"), pluginModule());
    expect((await createRegistry().load(ctx, { folder })).metadata.name).toBe("tiny");
  });
});

describe("before any of the plugin's code runs, load refuses", () => {
  afterEach(() => {
    expect(readLog()).toEqual([]);
  });

  it("a plugin.yaml that is not valid, with its path, line and column", async () => {
    const folder = await folderOf({ "plugin.yaml": validManifest.replace("major: 1", "major: x") });
    const error = await errorOf({ folder });
    expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidSettings", operation: "load" });
    expect(error.rawMessage).toContain(`${join(folder, "plugin.yaml")}:8:12: `);
  });

  it("a file over the bound without reading all of it", async () => {
    const folder = await folderOf({ "plugin.yaml": "#".repeat(200_000) });
    expect((await errorOf({ folder })).message).toContain("has 65537 bytes; the most is 65536");
  });

  it("a folder, a plugin.yaml or an entry that is not there", async () => {
    const folder = await folderOf();
    expect((await errorOf({ folder: join(folder, "none") })).message).toMatch(/none does not exist\. Give the folder/);
    expect((await errorOf({ folder: join(folder, "dist") })).message).toMatch(/plugin\.yaml does not exist/);
    expect((await errorOf({ folder: "" })).reason).toBe("ErrInvalidSettings");
    await rm(join(folder, "dist/index.mjs"));
    const error = await errorOf({ folder });
    expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidSettings" });
    expect(error.message).toMatch(/index\.mjs does not exist/);
  });

  it("an entry, a folder on the way to it, or a plugin.yaml that is a link out of the folder", async () => {
    const elsewhere = await folderOf();
    const entry = await folderOf();
    await rm(join(entry, "dist/index.mjs"));
    await symlink(join(elsewhere, "dist/index.mjs"), join(entry, "dist/index.mjs"));
    const middle = await folderOf();
    await rm(join(middle, "dist"), { recursive: true });
    await symlink(join(elsewhere, "dist"), join(middle, "dist"));
    const manifest = await folderOf();
    await rm(join(manifest, "plugin.yaml"));
    await symlink(join(elsewhere, "plugin.yaml"), join(manifest, "plugin.yaml"));
    for (const folder of [entry, middle, manifest]) {
      const error = await errorOf({ folder });
      expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidSettings" });
      expect(error.message).toContain("leads out of the plugin's folder");
    }
  });

  it("an entry that is a folder", async () => {
    const folder = await folderOf({ "plugin.yaml": validManifest.replace("./dist/index.mjs", "./dist") });
    expect((await errorOf({ folder })).message).toContain("is not a file");
  });

  it("a contract that is not spoken here, with both sides' versions", async () => {
    const folder = await folderOf({ "plugin.yaml": validManifest.replace("[v1alpha1]", "[v1, v2beta1]") });
    const error = await errorOf({ folder });
    expect(error).toMatchObject({ code: "failed_precondition", reason: "ErrUnsupportedContract" });
    expect(error.message).toMatch(/"tiny" .* speaks version "v1", "v2beta1" .* speaks v1alpha1/);
  });

  it.each([
    ["process", "type: process\n  command: [node, ./main.js]"],
    ["remote", "type: remote\n  address: https://127.0.0.1:1"],
  ])("a runtime that is not there yet: %s", async (type, runtime) => {
    const text = validManifest.replace("type: module\n  entry: ./dist/index.mjs", runtime);
    const error = await errorOf({ folder: await folderOf({ "plugin.yaml": text }) });
    expect(error).toMatchObject({ code: "unimplemented", reason: "ErrUnimplemented", provider: "tiny" });
    expect(error.message).toContain(`runs as "${type}"`);
  });

  it("a version that is registered already", async () => {
    const registry = createRegistry({ providers: [tinyProvider({ version: "1.2.3" })] });
    const error = await errorOf({ folder: await folderOf() }, { registry });
    expect(error).toMatchObject({ code: "already_exists", reason: "ErrProviderExists" });
  });

  it("a context that is over, and a registry that is closed", async () => {
    const over = ctx.withCancel();
    over.cancel();
    expect((await errorOf({ folder: await folderOf() }, { ctx: over })).code).toBe("canceled");
    expect((await errorOf({ folder: await folderOf() }, { ctx: ctx.withTimeout(0) })).code).toBe("deadline_exceeded");
    const registry = createRegistry();
    await registry.close();
    expect((await errorOf({ folder: await folderOf() }, { registry })).reason).toBe("ErrRegistryClosed");
  });
});

describe("load refuses code that", () => {
  it.each([
    ["is of another name", 'plugin.name = "other";', 'the name is "tiny" there and "other" in the code'],
    ["is of another version", 'plugin.version = "1.2.4";', 'the version is "1.2.3" there and "1.2.4" in the code'],
    [
      "makes a provider of another version",
      'provider.metadata.version = "1.2.4";',
      'the version is "1.2.3" there and "1.2.4" in the code',
    ],
    [
      "makes a provider of other kinds",
      'lamp.kind = provider.kinds[0].kind.name = "home.Fan";',
      "the kind home.Lamp v1 is there and not in the code; the kind home.Fan v1 is in the code and not there",
    ],
    [
      "makes a provider of another major version of a kind",
      "lamp.major = provider.kinds[0].kind.major = 2;",
      "the kind home.Lamp v1 is there and not in the code; the kind home.Lamp v2 is in the code and not there",
    ],
    [
      "makes a provider of other capabilities",
      "lamp.list = { operations: [], views: [], pushDown: [], maxPageSize: 1 }; provider.kinds[0].list = () => {};",
      "the kind home.Lamp v1 can get there and get, list in the code",
    ],
  ])("%s than its plugin.yaml says, with what differs", async (_, change, difference) => {
    const registry = createRegistry();
    const error = await errorOf({ folder: await pluginWith(change) }, { registry });
    expect(error).toMatchObject({ code: "failed_precondition", reason: "ErrPluginMismatch", provider: "tiny" });
    expect(error.message).toContain(difference);
    expect(registry.versions()).toEqual([]);
    const log = readLog();
    expect(log.filter((entry) => entry === "closed")).toHaveLength(log.filter((entry) => entry === "created").length);
  });

  it.each([
    ["throws when it is imported", 'throw new TypeError("secret-4711");', "could not be imported. (TypeError)"],
    ["imports what is not there", 'await import("not-installed-4711");', "(Error, ERR_MODULE_NOT_FOUND)"],
    ["is not a plugin", "plugin.create = undefined;", "is not a ProviderPlugin"],
    ["has no schema", "plugin.settingsSchema = undefined;", "is not a ProviderPlugin"],
    ["has no contract version", "plugin.contractVersion = undefined;", "is not a ProviderPlugin"],
    [
      "fails to check settings",
      'plugin.settingsSchema["~standard"].validate = () => { throw new Error("secret-4711"); };',
      "The settings schema",
    ],
    [
      "fails to make a provider",
      'plugin.create = () => { throw new Error("secret-4711"); };',
      'create() of the provider "tiny" failed',
    ],
    ["makes no provider", "plugin.create = () => undefined;", "A provider was expected"],
    ["makes a provider that lacks a method", "delete provider.kinds[0].get;", "has no get()"],
    [
      "makes a provider with a template that does not compile",
      'lamp.refTemplates = [{ template: "{id}{account}" }];',
      "two captures with nothing between them",
    ],
    ["makes a provider with a view of its own", 'lamp.get.views = ["glow"];', 'declares the view "glow"'],
  ])("%s, as its fault and without its words", async (_, change, message) => {
    const error = await errorOf({ folder: await pluginWith(change) });
    expect(error).toMatchObject({ code: "internal", reason: "ErrProviderFault", origin: "plugin" });
    expect(error.message).toContain(message);
    expect(JSON.stringify(error)).not.toContain("4711");
  });

  it("speaks another contract than its plugin.yaml says", async () => {
    for (const change of ['plugin.contractVersion = "v2";', 'provider.contractVersion = "v2";']) {
      const error = await errorOf({ folder: await pluginWith(change) });
      expect(error).toMatchObject({ code: "failed_precondition", reason: "ErrUnsupportedContract" });
    }
  });

  it("rejects with an error of its own choosing, by that error", async () => {
    const change = `plugin.create = () => { throw globalThis[Symbol.for("cloudlink.registry.test.error")]; };`;
    const chosen = new CloudLinkError({ reason: "ErrCredentialsMissing", message: "No token.", origin: "plugin" });
    Object.assign(globalThis, { [Symbol.for("cloudlink.registry.test.error")]: chosen });
    expect((await errorOf({ folder: await pluginWith(change) })).reason).toBe("ErrCredentialsMissing");
  });
});

describe("load", () => {
  it("refuses settings with what its schema says of them, and none of their values", async () => {
    const folder = await pluginWith(`plugin.settingsSchema["~standard"].validate = (value) => ({ issues: [
      { message: "must be a URL (was '" + value.proxy.url + "')", path: ["proxy", { key: "url" }] },
      { message: "unknown" },
    ] });`);
    const error = await errorOf({ folder, settings: { proxy: { url: "user:secret-4711@host" } } });
    expect(error).toMatchObject({ code: "invalid_argument", reason: "ErrInvalidSettings", origin: "caller" });
    expect(error.message).toMatch(/"tiny" are not valid: "proxy\.url": must be a URL \(was '[^']*'\); unknown\.$/);
    expect(error.message).not.toContain("4711");
    expect(readLog()).toEqual(["imported"]);
  });

  it("ends with its context while the module is still being imported", async () => {
    const started = Promise.withResolvers<void>();
    Object.assign(globalThis, { [Symbol.for("cloudlink.registry.test.started")]: started.resolve });
    const folder = await pluginWith(`
      globalThis[Symbol.for("cloudlink.registry.test.started")]();
      await new Promise(() => {});`);
    const cancelable = ctx.withCancel();
    const loading = errorOf({ folder }, { ctx: cancelable });
    await started.promise;
    cancelable.cancel();
    expect(await loading).toMatchObject({ code: "canceled", operation: "load" });
  });

  it("does not wait for a refused provider that never closes, beyond ten seconds and its context", async () => {
    const key = Symbol.for("cloudlink.registry.test.closing");
    const change = `
      provider.metadata.version = "9.9.9";
      provider.close = () => { globalThis[Symbol.for("cloudlink.registry.test.closing")].resolve(); return new Promise(() => {}); };`;
    const clock = createManualClock();
    const cancelable = background({ clock }).withCancel();
    for (const end of [() => clock.advance(10_000), () => cancelable.cancel()]) {
      const closing = Promise.withResolvers<void>();
      Object.assign(globalThis, { [key]: closing });
      const loading = errorOf({ folder: await pluginWith(change) }, { ctx: cancelable });
      await closing.promise;
      end();
      expect((await loading).reason).toBe("ErrPluginMismatch");
    }
  });

  it("carries the caller's trace id on its errors", async () => {
    const traced = ctx.withTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    const error = await errorOf({ folder: "none" }, { ctx: traced });
    expect(error.traceId).toBe("0af7651916cd43dd8448eb211c80319c");
  });

  it("registers one of two loads of the same version and closes the provider of the other", async () => {
    const registry = createRegistry();
    const requests = [{ folder: await folderOf() }, { folder: await folderOf() }];
    const outcomes = await Promise.allSettled(requests.map((request) => registry.load(ctx, request)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(readLog().toSorted()).toEqual(["closed", "created", "created", "imported", "imported"]);
    expect(registry.versions()).toHaveLength(1);
  });

  it("closes the provider of a registry that was closed meanwhile", async () => {
    const registry = createRegistry();
    const started = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    Object.assign(globalThis, { [Symbol.for("cloudlink.registry.test.gate")]: { started, go } });
    const folder = await pluginWith(`
      const gate = globalThis[Symbol.for("cloudlink.registry.test.gate")];
      gate.started.resolve();
      await gate.go.promise;`);
    const loading = errorOf({ folder }, { registry });
    await started.promise;
    await registry.close();
    go.resolve();
    expect((await loading).reason).toBe("ErrRegistryClosed");
    expect(readLog()).toEqual(["imported", "created", "closed"]);
  });
});
