import { readFileSync } from "node:fs";
import { PassThrough, Writable } from "node:stream";
import { errorCodes } from "@cloudlink/core";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { exitCodeOf } from "./exit-code.ts";
import { outputForms } from "./output/row-writer.ts";
import { createProgram } from "./program.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

function optionsOf(command: Command): readonly string[] {
  return [...command.options.map(({ long }) => long ?? ""), ...command.commands.flatMap(optionsOf)];
}

test("the README has each command, option and output form, and no other option", () => {
  const io = {
    stdin: new PassThrough(),
    stdout: new Writable(),
    stderr: new Writable(),
    env: {},
    interrupt: new AbortController().signal,
    connect: () => Promise.reject(new Error("not here")),
  };
  const { command } = createProgram(io, { withCompletion: false });
  const shown = command.commands.filter((each) => each.name() !== "exit-codes");
  for (const each of shown) expect(readme).toContain(`| \`${each.name()} `.trimEnd());
  const options = new Set(optionsOf(command));
  options.delete("--version");
  for (const option of options) expect(readme).toContain(option);
  for (const form of outputForms) expect(readme).toContain(`| \`${form}\` |`);
  const written = new Set(readme.match(/(?<=[\s`])--[a-z][a-z-]+/g));
  // npm's own.
  written.delete("--global");
  expect([...written].filter((option) => !options.has(option))).toEqual([]);
});

test("the README has each error code on the line of its exit code", () => {
  for (const code of errorCodes) {
    expect(readme).toMatch(new RegExp(`^\\| ${exitCodeOf(code)} \\|.*\`${code}\``, "m"));
  }
});
