#!/usr/bin/env node
import { ensureMoto } from "./ensure-moto.ts";
import { ensureRedis } from "./ensure-redis.ts";
import { ensureToxiproxy } from "./ensure-toxiproxy.ts";
import { printProgress } from "./progress.ts";
import { ensureSchemathesis } from "./schemathesis.ts";
import { startMoto } from "./start-moto.ts";
import { ensureOpenssl } from "./test-certificate.ts";
import { TestbedError } from "./testbed-error.ts";

const HELP = `The real servers that tests use, on 127.0.0.1.

  ensure         installs all of them, where they are not installed yet
  moto [PORT]    runs moto (the AWS API) until Ctrl-C; prints its endpoint
`;

async function run([command, port = "0"]: readonly string[]): Promise<void> {
  switch (command) {
    case "ensure": {
      await ensureMoto();
      await ensureSchemathesis();
      await ensureRedis();
      await ensureOpenssl();
      await ensureToxiproxy();
      printProgress("all servers and tools are installed");
      return;
    }
    case "moto": {
      const moto = await startMoto({ port: Number(port) });
      process.stdout.write(`${moto.endpoint}\n`);
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void moto.stop());
      await moto.ended;
      return;
    }
    default:
      process.stdout.write(HELP);
      if (command !== "help" && command !== "--help") process.exitCode = 2;
  }
}

run(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof TestbedError)) throw error;
  process.stderr.write(`testbed: ${error.message}\n`);
  process.exitCode = 1;
});
