import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createSandbox } from "@cloudlink/sandbox";
import { expect, test } from "vitest";

test("lists every running machine, and ends by itself", async () => {
  await using sandbox = await createSandbox();
  const { accessKeyId, secretAccessKey } = sandbox.credentialsOf("111111111111");
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: "us-east-1",
  };
  const program = new URL("main.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
  const running = sandbox.instances.list({ account: "111111111111", region: "us-east-1", state: "running" });
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]?.split("/").at(-1))
      .sort(),
  ).toEqual(running.map(({ id }) => id).sort());
});
