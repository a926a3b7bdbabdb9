import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ACCOUNT, REGION, type Row, type Subjects, startVendor, type Vendor } from "@cloudlink/measure";
import { spreadOf } from "../measure.ts";

const run = promisify(execFile);

/** Each program ends by printing the CPU, in microseconds, that it took since Node was up. */
const begin = "const before = process.cpuUsage();";
const end = "const { user, system } = process.cpuUsage(before); console.log(user + system);";

const importKernel = `${begin} await import("@cloudlink/core"); await import("@cloudlink/nexus"); ${end}`;
const importEverything = `${begin} await import("@cloudlink/core"); await import("@cloudlink/nexus"); await import("@aws-sdk/client-ec2"); ${end}`;

const firstAnswer = `${begin}
const { background, staticCredentials, VirtualMachine } = await import("@cloudlink/core");
const { createNexus } = await import("@cloudlink/nexus");
const { aws } = await import("@cloudlink/provider-aws");
const { ENDPOINT: endpoint, KEY: accessKeyId, SECRET: secretAccessKey, ID } = process.env;
const nexus = createNexus({
  providers: [aws({ endpoint })],
  accounts: [{ provider: "aws", partition: "aws", account: "${ACCOUNT}", regions: ["${REGION}"], role: "reader" }],
  credentials: staticCredentials(() => ({ accessKeyId, secretAccessKey })),
});
await nexus.get(background(), { kind: VirtualMachine, ref: "arn:aws:ec2:${REGION}:${ACCOUNT}:instance/" + ID });
${end} await nexus.close();`;

/** A process that asks the SDK itself, as its documentation shows it. */
export const sdkAnswer = `${begin}
const { DescribeInstancesCommand, EC2Client } = await import("@aws-sdk/client-ec2");
const { ENDPOINT: endpoint, KEY: accessKeyId, SECRET: secretAccessKey, ID } = process.env;
const client = new EC2Client({ region: "${REGION}", endpoint, credentials: { accessKeyId, secretAccessKey } });
await client.send(new DescribeInstancesCommand({ InstanceIds: [ID] }));
${end} client.destroy();`;

/** The same in a worker thread first, whose CPU is the process's: what a wrapper costs that loads everything twice. */
const twofoldAnswer = sdkAnswer.replace(
  begin,
  `${begin}
const { Worker } = process.getBuiltinModule("worker_threads");
const inWorker = \`(async () => { ${sdkAnswer.replace(begin, "").replace(end, "")} })();\`;
await new Promise((resolve) => new Worker(inWorker, { eval: true }).once("exit", resolve));`,
);

/** Row 15, but for the server: what a fresh process pays to import the kernel, and to get its first answer. */
export const startUp: Row = {
  row: "speed-15",
  group: "live",
  async measure({ subjects, size, control }) {
    await using vendor = await startVendor({ count: 100 });
    const rounds = size === "full" ? 11 : 1;
    const environment = { ...process.env, ...(await oneInstance(subjects.sdk, vendor)) };
    const cpuOf = (program: string) => cpuOfProgram(subjects, { program, environment });

    const imports: number[] = [];
    const ratios: number[] = [];
    const answers: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      imports.push(await cpuOf(control ? importEverything : importKernel));
      const answer = await cpuOf(control ? twofoldAnswer : firstAnswer);
      answers.push(answer);
      ratios.push(answer / (await cpuOf(sdkAnswer)));
    }
    const [imported, ratio, answered] = [spreadOf(imports), spreadOf(ratios), spreadOf(answers)];
    return [
      {
        row: "speed-15",
        name: "import of core and nexus in a fresh process, CPU",
        value: imported.median,
        unit: "ms",
        goal: { atMost: 30 },
        n: rounds,
        spread: [imported.min, imported.max],
      },
      {
        row: "speed-15",
        name: "first live answer of a fresh process ÷ the SDK's own import and call, CPU",
        value: ratio.median,
        unit: "x",
        goal: { atMost: 1.3 },
        n: rounds,
        spread: [ratio.min, ratio.max],
        note: `${answered.median.toFixed(0)} ms`,
      },
    ];
  },
};

/** The CPU, in milliseconds, of one of these programs in a process of its own. */
export async function cpuOfProgram(
  subjects: Subjects,
  { program, environment }: { readonly program: string; readonly environment: NodeJS.ProcessEnv },
): Promise<number> {
  const resolved = program.replace(/import\("([^"]+)"\)/g, (_, name: string) => `import("${subjects.resolve(name)}")`);
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", resolved], { env: environment });
  return Number(stdout) / 1_000;
}

/** An instance, and how to reach it, as the programs read it. */
export async function oneInstance(
  { DescribeInstancesCommand, EC2Client }: typeof import("@aws-sdk/client-ec2"),
  { endpoint, credentials }: Vendor,
): Promise<NodeJS.ProcessEnv> {
  const client = new EC2Client({ region: REGION, endpoint, credentials: { ...credentials } });
  const { Reservations } = await client.send(new DescribeInstancesCommand({ MaxResults: 5 }));
  client.destroy();
  const ID = Reservations?.[0]?.Instances?.[0]?.InstanceId;
  return { ENDPOINT: endpoint, KEY: credentials.accessKeyId, SECRET: credentials.secretAccessKey, ID };
}
