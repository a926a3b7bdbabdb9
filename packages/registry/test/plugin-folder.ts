import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The name that the plugin's text uses too. */
const logKey = Symbol.for("cloudlink.registry.test");

/** A valid plugin.yaml of the plugin in {@link pluginModule}. */
export const validManifest = `apiVersion: cloudlink.dev/v1alpha1
name: tiny
version: 1.2.3
displayName: Tiny
contract: [v1alpha1]
kinds:
  - kind: home.Lamp
    major: 1
    capabilities: [get]
runtime:
  type: module
  entry: ./dist/index.mjs
settings:
  colour: white
`;

/**
 * The text of a plugin in JavaScript. It notes what happens to it in the global `log` (see {@link readLog}), and its settings end
 * up in the provider's `displayName`. `change` is put at its end, where `plugin` and `provider` may be altered.
 */
export function pluginModule(change = ""): string {
  return `
const log = (globalThis[Symbol.for("cloudlink.registry.test")] ??= []);
log.push("imported");
const lamp = { kind: "home.Lamp", major: 1, regional: false, refTemplates: [], get: { operations: [], views: [] } };
const provider = {
  contractVersion: "v1alpha1",
  metadata: { name: "tiny", version: "1.2.3", displayName: "", partitions: ["-"], kinds: [lamp], limits: [], hosts: [],
    credentials: { ambient: true, parameters: [], keys: [] } },
  kinds: [{ kind: { name: "home.Lamp", major: 1, views: ["standard"], filters: [], actions: {} }, async get() {} }],
  async identify() {},
  async close() { log.push("closed"); },
};
const plugin = {
  contractVersion: "v1alpha1",
  name: "tiny",
  version: "1.2.3",
  settingsSchema: { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } },
  create(settings) {
    log.push("created");
    return { ...provider, metadata: { ...provider.metadata, displayName: JSON.stringify(settings) } };
  },
};
${change}
export default plugin;
`;
}

/** What the plugins of {@link pluginModule} did since it was last asked. */
export function readLog(): readonly unknown[] {
  const log = (globalThis as { [logKey]?: unknown[] })[logKey];
  return log?.splice(0) ?? [];
}

/** A folder that is there until the end of the block that holds it. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Writes files in a new folder. By default it is a whole plugin. */
export async function writeFolder(files: Readonly<Record<string, string>> = {}): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "cloudlink-plugin-"));
  const all = { "plugin.yaml": validManifest, "dist/index.mjs": pluginModule(), ...files };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
