import { EC2Client } from "@aws-sdk/client-ec2";
import { STSClient } from "@aws-sdk/client-sts";
import type { SandboxClock } from "./clock.ts";
import type { SandboxCredentials } from "./credentials.ts";
import type { Sandbox } from "./sandbox.ts";
import { amzDateOf } from "./signature-check.ts";
import { signatureOf, signingKeyOf } from "./sigv4.ts";

/** A clock that stands until it is moved. */
export interface ManualClock extends SandboxClock {
  advance(ms: number): void;
}

export function createManualClock(nowMs = Date.UTC(2026, 10, 23, 12)): ManualClock {
  let now = nowMs;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}

/** What a client of these tests is set up with. */
export interface ClientSettings {
  readonly region?: string;
  readonly account?: string;
  readonly credentials?: SandboxCredentials;
}

/** The real SDK, one attempt a call, so that every request of a test is one it asked for. */
export function ec2Of(sandbox: Sandbox, settings: ClientSettings = {}): EC2Client {
  return new EC2Client(clientConfig(sandbox, settings));
}

export function stsOf(sandbox: Sandbox, settings: ClientSettings = {}): STSClient {
  return new STSClient(clientConfig(sandbox, settings));
}

function clientConfig(sandbox: Sandbox, settings: ClientSettings) {
  const { region = "us-east-1", account = "111111111111", credentials = sandbox.credentialsOf(account) } = settings;
  return { endpoint: sandbox.endpoint, region, credentials, maxAttempts: 1 };
}

/** What a request without the SDK is signed as; all but the key has a default. */
export interface SigningSettings {
  readonly credentials: SandboxCredentials;
  readonly method?: string;
  readonly target?: string;
  readonly body?: string;
  readonly service?: "ec2" | "sts";
  readonly region?: string;
  /** When it is signed. Default: now, by the machine. */
  readonly nowMs?: number;
  /** The day in the scope, where it should be another. */
  readonly date?: string;
  /** Default: all of them. */
  readonly signedHeaders?: readonly string[];
}

/** The headers that sign a request to a sandbox, for tests that need what no SDK sends. */
export function signedHeaders(sandbox: { readonly port: number }, settings: SigningSettings): Record<string, string> {
  const { credentials, method = "POST", target = "/", body = "", service = "ec2", region = "us-east-1" } = settings;
  const amzDate = amzDateOf(settings.nowMs ?? Date.now());
  const scope = { date: settings.date ?? amzDate.slice(0, 8), region, service };
  const { sessionToken } = credentials;
  const headers = {
    host: `127.0.0.1:${sandbox.port}`,
    "x-amz-date": amzDate,
    ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
  };
  const names = settings.signedHeaders ?? Object.keys(headers);
  const key = signingKeyOf(credentials.secretAccessKey, scope);
  const request = { method, target, rawHeaders: Object.entries(headers).flat(), body };
  const signature = signatureOf(request, { key, scope, amzDate, signedHeaders: names });
  const credential = `${credentials.accessKeyId}/${scope.date}/${region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...headers, authorization };
}

/** What a failed SDK call says: code, HTTP status and message. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ code: string; status: number | undefined; message: string }> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error("the call was expected to fail");
  const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
  const status =
    typeof metadata === "object" &&
    metadata !== null &&
    "httpStatusCode" in metadata &&
    typeof metadata.httpStatusCode === "number"
      ? metadata.httpStatusCode
      : undefined;
  return { code: error.name, status, message: error.message };
}
