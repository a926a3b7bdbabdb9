import { describe, expect, test } from "vitest";
import { readCommandLine } from "./command-line.ts";

describe("readCommandLine", () => {
  test("reads every option", () => {
    const argv = ["--config", "a.yaml", "--address", "::1", "--port=0", "--log-level", "warn", "--log-to", "stderr"];
    expect(readCommandLine(argv, {})).toEqual({
      kind: "serve",
      options: { config: "a.yaml", address: "::1", port: 0, logLevel: "warn", logTo: "stderr" },
    });
  });

  test("takes the configuration that the environment names, unless the command line names another", () => {
    const environment = { CLOUDLINK_CONFIG: "env.yaml" };
    expect(readCommandLine([], environment)).toMatchObject({ options: { config: "env.yaml" } });
    expect(readCommandLine(["--config", "own.yaml"], environment)).toMatchObject({ options: { config: "own.yaml" } });
    expect(readCommandLine([], { CLOUDLINK_CONFIG: "" })).toMatchObject({ options: { config: undefined } });
  });

  test.each([
    ["--port", "65536"],
    ["--port", "http"],
    ["--port", "-1"],
    ["--log-level", "loud"],
    ["--nonsense"],
    ["stray"],
  ])("says what is wrong with %s %s, with exit code 2", (...argv) => {
    const command = readCommandLine(argv, {});
    expect(command).toMatchObject({ kind: "print", to: "stderr", exitCode: 2 });
  });

  test("prints help and version", () => {
    expect(readCommandLine(["--help"], {})).toMatchObject({ to: "stdout", exitCode: 0 });
    expect(readCommandLine(["--version"], {})).toMatchObject({ text: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });
});
