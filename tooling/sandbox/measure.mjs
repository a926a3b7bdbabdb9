// Measures the built sandbox from another process: `npx -y pnpm@10 run measure`. Loopback only, a bounded number of requests.
import { spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { Agent, request } from "node:http";
import { createInterface } from "node:readline";

const FLEET = 10_000;
const CONNECTIONS = 16;
const child = spawn(process.execPath, ["dist/main.js", "--port", "0", "--count", String(FLEET), "--ready-json"], {
  cwd: import.meta.dirname,
  stdio: ["ignore", "pipe", "inherit"],
});
const { endpoint, accounts } = JSON.parse((await createInterface(child.stdout)[Symbol.asyncIterator]().next()).value);
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const { accessKeyId, secretAccessKey } = accounts[0].accessKeys[0];
const amzDate = `${new Date().toISOString().slice(0, 19).replaceAll(/[:-]/g, "")}Z`;
const scope = `${amzDate.slice(0, 8)}/us-east-1/ec2/aws4_request`;
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const signingKey = scope.split("/").reduce(hmac, `AWS4${secretAccessKey}`);
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const { host } = new URL(endpoint);

/** A request that is signed already, so that the signing does not count; good for five minutes. */
function signed(form) {
  const canonical = `POST\n/\n\nhost:${host}\nx-amz-date:${amzDate}\n\nhost;x-amz-date\n${sha256(form)}`;
  const signature = hmac(signingKey, `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256(canonical)}`).toString("hex");
  const credential = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}`;
  const authorization = `${credential}, SignedHeaders=host;x-amz-date, Signature=${signature}`;
  return { form, headers: { host, "x-amz-date": amzDate, authorization } };
}

function call({ form, headers }) {
  return new Promise((resolve, reject) => {
    const outgoing = request(endpoint, { agent, method: "POST", headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const body = Buffer.concat(chunks);
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${response.statusCode}: ${body}`));
      });
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(form);
  });
}

async function measure(requests) {
  const total = requests.length;
  let next = 0;
  let bytes = 0;
  const worker = async () => {
    while (next < total) {
      const { length } = await call(requests[next++]);
      bytes += length;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: Math.round(total / seconds), bytes: Math.round(bytes / total) };
}

try {
  const ids = [];
  let token = "";
  let longestMs = 0;
  do {
    const startedAt = performance.now();
    const page = (await call(signed(`Action=DescribeInstances&MaxResults=1000${token}`))).toString();
    longestMs = Math.max(longestMs, performance.now() - startedAt);
    ids.push(...Array.from(page.matchAll(/<instanceId>(i-[^<]+)/g), ([, id]) => id));
    const [, next] = /<nextToken>([^<]+)/.exec(page) ?? [];
    token = next === undefined ? "" : `&NextToken=${encodeURIComponent(next)}`;
  } while (token !== "");
  const warm = await measure(Array.from({ length: 20 }, () => signed("Action=DescribeInstances&MaxResults=1000")));
  const single = (_, index) => signed(`Action=DescribeInstances&InstanceId.1=${ids[(index * 7919) % ids.length]}`);
  await measure(Array.from({ length: 2_000 }, single));
  const one = await measure(Array.from({ length: 20_000 }, single));
  console.log(`instances listed in pages of 1,000       ${ids.length}, slowest cold page ${Math.round(longestMs)} ms`);
  console.log(`pages of 1,000, warm                     ${warm.perSecond} requests/s, ${warm.bytes} bytes each`);
  console.log(`single-id DescribeInstances              ${one.perSecond} requests/s, ${one.bytes} bytes each`);
} finally {
  agent.destroy();
  child.kill("SIGTERM");
}
