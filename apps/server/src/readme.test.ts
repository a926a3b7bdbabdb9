import { readFileSync } from "node:fs";
import { paths } from "@cloudlink/client/wire";
import { expect, test } from "vitest";
import { readCommandLine } from "./command-line.ts";
import { MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_HEADERS, MAX_URL_BYTES } from "./server-settings.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the README has each option, and no other", () => {
  const help = readCommandLine(["--help"], {});
  const options = new Set((help.kind === "print" ? help.text : "").match(/--[a-z][a-z-]+/g));
  for (const own of ["--help", "--version"]) options.delete(own);
  for (const option of options) expect(readme).toContain(option);
  const written = new Set(readme.match(/(?<=[\s`])--[a-z][a-z-]+/g));
  // npm's own, and the shell's.
  for (const other of ["--global", "--server"]) written.delete(other);
  expect([...written].filter((option) => !options.has(option))).toEqual([]);
});

test("the README has each path, and the bounds as they are", () => {
  for (const path of Object.values(paths)) expect(readme).toContain(`\`${path}`);
  for (const path of ["/docs", "/openapi.json", "/healthz", "/readyz"]) expect(readme).toContain(`\`${path}\``);
  expect(readme).toContain(`| request target | ${MAX_URL_BYTES / 1024} KiB`);
  expect(readme).toContain(`| ${MAX_HEAD_BYTES / 1024} KiB, ${MAX_HEADERS} headers |`);
  expect(readme).toContain(`| ${MAX_BODY_BYTES / 1024 / 1024} MiB of JSON |`);
});
