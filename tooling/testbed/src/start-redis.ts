import { type Progress, printProgress } from "./progress.ts";
import { type RedisNode, startRedisNode } from "./redis-node.ts";
import { makeTestCertificate, type TestCertificate } from "./test-certificate.ts";

/** A user of Redis's access control lists. */
export interface RedisUser {
  readonly name: string;
  readonly password: string;
  /** What it may do, such as `["~app:*", "+@read"]` (https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/). */
  readonly rules: readonly string[];
}

export interface RedisSettings {
  readonly progress?: Progress;
  /** A port of 127.0.0.1. Default: any free one. */
  readonly port?: number;
  /** Of the default user, who has none and may do everything otherwise. */
  readonly password?: string;
  /** Users beside the default one. */
  readonly users?: readonly RedisUser[];
  /** TLS alone, by a certificate for 127.0.0.1 and localhost, whose authority is `ca`. */
  readonly tls?: boolean;
  /** Such as `2mb`. What happens then is up to `maxmemory-policy` in `config`; by Redis's default, writes fail. */
  readonly maxmemory?: string;
  /** More lines of its configuration file; they win over those of the test bed. The log has to stay on. */
  readonly config?: readonly string[];
  readonly startTimeoutMs?: number;
}

/** Starts one Redis that keeps its data in memory alone; installs it if need be. */
export async function startRedis(settings: RedisSettings = {}): Promise<RedisNode> {
  const { progress = printProgress, port, password, users = [], maxmemory, config = [], startTimeoutMs } = settings;
  let certificate: TestCertificate | undefined;
  return await startRedisNode({
    progress,
    name: "Redis",
    port,
    password,
    startTimeoutMs,
    ...(settings.tls === true && {
      tls: async (folder: string) => {
        certificate = await makeTestCertificate({ folder, progress });
        return certificate.ca;
      },
    }),
    config: (place) => [
      ...(certificate === undefined ? [`port ${place.port}`] : tlsLines(certificate, place)),
      ...IN_MEMORY,
      ...(password === undefined ? [] : [`requirepass ${quoted(password)}`]),
      ...users.map((user) => `user ${user.name} on ${quoted(`>${user.password}`)} ${user.rules.join(" ")}`),
      ...(maxmemory === undefined ? [] : [`maxmemory ${maxmemory}`]),
      ...config,
    ],
  });
}

/** Nothing is written to the disk. */
export const IN_MEMORY = ['save ""', "appendonly no"] as const;

function tlsLines(certificate: TestCertificate, { port }: { readonly port: number }): string[] {
  return [
    "port 0",
    `tls-port ${port}`,
    `tls-cert-file ${certificate.certificateFile}`,
    `tls-key-file ${certificate.keyFile}`,
    `tls-ca-cert-file ${certificate.caFile}`,
    "tls-auth-clients no",
  ];
}

/** Redis reads the escapes of JSON's strings in its configuration file. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
