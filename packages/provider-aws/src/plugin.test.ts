import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CONTRACT_VERSION, compileRefTemplate, VirtualMachine } from "@cloudlink/core";
import { describe, expect, it } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { ACCOUNT, refOf } from "../test/provider-call.ts";
import plugin, { aws } from "./index.ts";
import { metadata } from "./metadata.ts";

async function validated(settings: unknown) {
  return await plugin.settingsSchema["~standard"].validate(settings);
}

describe("the settings of the plugin", () => {
  it("may be left out, or say everything", async () => {
    expect(await validated({})).toEqual({ value: {} });
    const settings = {
      endpoint: "https://localhost:4566",
      regions: ["eu-west-1"],
      profile: "one",
      roleArn: "arn:aws:iam::{account}:role/reader",
      externalId: "external",
      caFile: "/etc/ssl/company.pem",
    };
    expect(await validated(settings)).toEqual({ value: settings });
  });

  it.each([
    [{ endpont: "http://x" }, "endpont"],
    [{ endpoint: "localhost:4566" }, "endpoint"],
    [{ endpoint: "ftp://localhost" }, "endpoint"],
    [{ endpoint: undefined }, "endpoint"],
    [{ regions: [] }, "regions"],
    [{ regions: "eu-west-1" }, "regions"],
    [{ profile: "" }, "profile"],
    [{ roleArn: "reader" }, "roleArn"],
    [{ roleArn: "arn:garbage" }, "role/name"],
    [{ secretAccessKey: "in a file" }, "secretAccessKey"],
  ])("are refused where they are not right: %j", async (settings, what) => {
    const { issues = [] } = await validated(settings);
    expect(issues.length).toBeGreaterThan(0);
    expect(JSON.stringify(issues)).toContain(what);
    expect(JSON.stringify(issues)).not.toContain("in a file");
  });
});

describe("the plugin", () => {
  it("makes the provider that it names", async () => {
    const provider = plugin.create({ endpoint: "http://127.0.0.1:1" });
    expect(provider.metadata).toMatchObject({ name: plugin.name, version: plugin.version });
    expect([plugin.contractVersion, provider.contractVersion]).toEqual([CONTRACT_VERSION, CONTRACT_VERSION]);
    expect(provider.metadata.version).toBe(packageJson.version);
    await provider.close();
  });

  it("says in plugin.yaml what its code says", () => {
    const yaml = readFileSync(join(import.meta.dirname, "../plugin.yaml"), "utf8");
    const [capabilities] = metadata.kinds;
    const declared = (["get", "getMany", "list", "actions"] as const).filter((name) => capabilities?.[name]);
    for (const line of [
      `name: ${metadata.name}`,
      `version: ${packageJson.version}`,
      `displayName: ${metadata.displayName}`,
      `contract: [${CONTRACT_VERSION}]`,
      `  - kind: ${VirtualMachine.name}`,
      `    major: ${VirtualMachine.major}`,
      `    capabilities: [${declared.join(", ")}]`,
      `  entry: ${packageJson.exports["."].default}`,
    ]) {
      expect(yaml.split("\n")).toContain(line);
    }
  });

  it("reads an ARN as the ref of an instance, of any partition", () => {
    const templates = metadata.kinds[0]?.refTemplates ?? [];
    const arn = "arn:aws-cn:ec2:cn-north-1:111111111111:instance/i-0123456789abcdef0";
    const refs = templates.map((template) =>
      compileRefTemplate({ ...template, provider: metadata.name, kind: VirtualMachine.name }).match(arn),
    );
    expect(refs).toEqual([
      refOf("i-0123456789abcdef0", { partition: "aws-cn", region: "cn-north-1", account: ACCOUNT }),
    ]);
  });

  it("is made without looking at the environment, the network or a file", async () => {
    const provider = aws();
    await provider.close();
    await provider.close();
  });
});
