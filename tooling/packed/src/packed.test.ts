import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createSandbox } from "@cloudlink/sandbox";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeBlocks } from "./code-blocks.ts";
import { type PackedProject, packedProject, packedTarballs } from "./packed-project.ts";

const run = promisify(execFile);
const names = packedTarballs().map(({ name }) => name);
const project = packedProject();

interface PackedManifest {
  readonly exports: Readonly<Record<string, unknown>>;
}

function installed(name: string): {
  readonly directory: string;
  readonly text: string;
  readonly manifest: PackedManifest;
} {
  const directory = join(project.directory, "node_modules", name);
  const text = readFileSync(join(directory, "package.json"), "utf8");
  return { directory, text, manifest: JSON.parse(text) };
}

/** What `import` and `require` are given: each subpath that has code behind it. */
function specifiers(name: string): readonly string[] {
  return Object.entries(installed(name).manifest.exports)
    .filter(([, target]) => typeof target === "object")
    .map(([subpath]) => name + subpath.slice(1));
}

describe.each(names)("%s as packed", (name) => {
  test("carries its README, its licence and no sources", () => {
    const files = readdirSync(installed(name).directory, { recursive: true, encoding: "utf8" });
    expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "package.json"]));
    expect(files.filter((file) => /(^|\/)src\/|\.test\./.test(file) && !file.startsWith("node_modules"))).toEqual([]);
  });

  test("names its dependencies by real ranges", () => {
    expect(installed(name).text).not.toMatch(/"(workspace|catalog|file|link):/);
  });
});

describe.each(names.flatMap(specifiers))("%s", (specifier) => {
  const folder = scratchFolder(specifier.replaceAll("/", "-"));

  test("gives a CommonJS program by require() what an ES module gets by import", async () => {
    const program = join(folder, "program.cjs");
    writeFileSync(
      program,
      `const names = (module) => Object.keys(module).filter((name) => !/^(module\\.exports|__esModule)$/.test(name)).sort();
       const required = names(require("${specifier}"));
       import("${specifier}").then((module) => console.log(JSON.stringify({ required, imported: names(module) })));`,
    );
    const { stdout } = await run(process.execPath, [program]);
    const { required, imported } = JSON.parse(stdout);
    expect(required.length).toBeGreaterThan(0);
    expect(required).toEqual(imported);
  });
});

describe("the classes that users meet", () => {
  test("keep their names through the bundler: stack traces show them", async () => {
    const core: Readonly<Record<string, unknown>> = await import(project.resolve("@cloudlink/core"));
    const classes = Object.entries(core).filter(([, value]) => /^class\b/.test(String(value)));
    expect(classes.map(([exported, value]) => [exported, (value as { name: string }).name])).toEqual([
      ["CloudLinkError", "CloudLinkError"],
      ["LimitBucket", "LimitBucket"],
      ["Secret", "Secret"],
    ]);
  });
});

describe("provider-aws with core alone", () => {
  let alone: PackedProject;
  beforeAll(() => {
    alone = packedProject({ packages: ["@cloudlink/core", "@cloudlink/provider-aws"] });
  });

  test("brings no kernel along", () => {
    expect(cloudlinkPackages(alone)).toEqual(["core", "provider-aws"]);
    expect(cloudlinkPackages(project)).toContain("nexus");
  });

  test("loads", async () => {
    expect(Object.keys(await import(alone.resolve("@cloudlink/provider-aws")))).not.toEqual([]);
  });
});

describe("the cache alone", () => {
  test("caches any function, from a project that has core and the cache and nothing else of ours", async () => {
    const alone = packedProject({ packages: ["@cloudlink/core", "@cloudlink/cache"] });
    expect(cloudlinkPackages(alone)).toEqual(["cache", "core"]);
    const [program] = codeBlocks({ path: "README.md", text: readmeOf("@cloudlink/cache") });
    const file = join(alone.directory, `${process.pid}-readme.mts`);
    writeFileSync(file, program?.code ?? "");
    try {
      const { stdout } = await run(process.execPath, [file]);
      // What its README says that it prints.
      expect(stdout).toMatch(/^true memory \d 1\n$/);
    } finally {
      rmSync(file);
    }
  });
});

function readmeOf(name: string): string {
  return readFileSync(join(installed(name).directory, "README.md"), "utf8");
}

describe("the client alone", () => {
  const folder = scratchFolder("client-alone");

  test("asks the packed server, from a project that has core and the client and nothing else of ours", async () => {
    await using sandbox = await createSandbox();
    // Not by its entry in .bin: that is a shell script here, and a signal sent to it does not reach the server.
    const program = join(project.directory, "node_modules/@cloudlink/server/bin/cloudlink-server.js");
    const credentials = sandbox.credentialsOf("111111111111");
    const server = spawn(process.execPath, [program, "--port", "0"], {
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        AWS_ENDPOINT_URL: sandbox.endpoint,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_REGION: "us-east-1",
      },
    });
    try {
      const url = await addressIn(server);
      const alone = packedProject({ packages: ["@cloudlink/core", "@cloudlink/client"] });
      expect(cloudlinkPackages(alone)).toEqual(["client", "core"]);
      const { createClient } = (await import(alone.resolve("@cloudlink/client"))) as typeof import("@cloudlink/client");
      const { background, VirtualMachine } = (await import(
        alone.resolve("@cloudlink/core")
      )) as typeof import("@cloudlink/core");
      await using client = createClient({ url });
      const seen: string[] = [];
      for await (const { items } of client.list(background(), { kind: VirtualMachine })) {
        seen.push(...items.map(({ ref }) => ref.id));
      }
      const there = sandbox.instances.list({ account: "111111111111", region: "us-east-1" });
      expect(seen.sort()).toEqual(there.map(({ id }) => id).sort());
    } finally {
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    }
  });
});

/** The address that a server says it listens on. */
async function addressIn({ stderr }: ChildProcessWithoutNullStreams): Promise<string> {
  let said = "";
  for await (const text of stderr.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += text;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url !== undefined) {
      stderr.resume();
      return url;
    }
  }
  throw new Error(`the server ended without an address: ${said}`);
}

test("the packed shell answers --help", async () => {
  const { stdout } = await run(join(project.directory, "node_modules/.bin/cloudlink"), ["--help"]);
  expect(stdout).toContain("Usage: cloudlink");
});

/** The names of all CloudLink packages anywhere in the project, by pnpm's flat store folder. */
function cloudlinkPackages({ directory }: PackedProject): readonly string[] {
  const store = readdirSync(join(directory, "node_modules/.pnpm"));
  return [...new Set(store.flatMap((entry) => /^@cloudlink\+([a-z-]+)@/.exec(entry)?.[1] ?? []))].sort();
}

function scratchFolder(name: string): string {
  const folder = join(project.directory, "scratch", `${process.pid}-${name}`);
  beforeAll(() => void mkdirSync(folder, { recursive: true }));
  afterAll(() => {
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  });
  return folder;
}
