import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createSandbox, type Sandbox } from "@cloudlink/sandbox";
import { type RedisNode, startRedis } from "@cloudlink/testbed";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asCommonJs, type CodeBlock, codeBlocks } from "./code-blocks.ts";
import { packedProject } from "./packed-project.ts";

const run = promisify(execFile);
const repository = join(import.meta.dirname, "../../..");
const pages = globSync(["*.md", "docs/**/*.md", "{packages,apps}/*/README.md"], { cwd: repository }).sort();
const programs = pages
  .flatMap((path) => codeBlocks({ path, text: readFileSync(join(repository, path), "utf8") }))
  .map((block) => ({ ...block, file: `${block.name.replaceAll(/[^\w.-]/g, "-")}.mts` }));

const { directory } = packedProject();
const folder = join(directory, "scratch", `${process.pid}-readme`);
let sandbox: Sandbox;
let redis: RedisNode;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  for (const { file, code } of programs) {
    writeFileSync(join(folder, file), code);
    writeFileSync(join(folder, commonJs(file)), asCommonJs(code));
  }
  [sandbox, redis] = await Promise.all([createSandbox({ port: 0, population: true }), startRedis()]);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all([sandbox?.close(), redis?.stop()]);
});

function commonJs(file: string): string {
  return file.replace(/\.mts$/, ".cts");
}

/** Nothing of the caller's configuration of AWS and Redis, so that a program sees those of the tests or none at all. */
function environment(wants: Pick<CodeBlock, "sandbox" | "redis">): NodeJS.ProcessEnv {
  const base = {
    ...{ PATH: process.env.PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: "true" },
    ...(wants.redis && { REDIS_URL: redis.url }),
  };
  const key = sandbox.accounts[0]?.accessKeys?.[0];
  if (!wants.sandbox || key === undefined) return base;
  return {
    ...base,
    CLOUDLINK_SANDBOX_ENDPOINT: sandbox.endpoint,
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_REGION: "us-east-1",
  };
}

describe("every program in the documentation, against the packed packages,", () => {
  test.each(programs)("runs by import and by require(): $name", async ({ file, ...wants }) => {
    const options = { env: environment(wants), timeout: 20_000 };
    const imported = await run(process.execPath, [join(folder, file)], options);
    const required = await run(process.execPath, [join(folder, commonJs(file))], options);
    expect(required.stdout.split("\n").length).toBe(imported.stdout.split("\n").length);
  });

  test("type-checks by the declarations as packed", async () => {
    const compilerOptions = {
      target: "ES2023",
      module: "NodeNext",
      strict: true,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(repository, "node_modules/@types")],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mts"] }));
    await run(join(repository, "node_modules/.bin/tsc"), ["-p", folder]).catch(({ stdout }) => expect.fail(stdout));
  });

  test.each(globSync("packages/*/README.md", { cwd: repository }))("is there to copy in %s", (path) => {
    expect(programs.filter(({ name }) => name.startsWith(`${path}:`))).not.toEqual([]);
  });
});
