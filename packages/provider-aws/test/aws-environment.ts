import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";

const names = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_EC2",
  "AWS_ENDPOINT_URL_STS",
  "AWS_CA_BUNDLE",
  "AWS_RETRY_MODE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_ROLE_ARN",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
];

/** What the environment of a test says beside nothing at all. */
export interface AwsEnvironment {
  readonly variables?: Readonly<Record<string, string>>;
  /** The text of the shared configuration file. */
  readonly config?: string;
}

/**
 * An environment in which AWS's own ways find what the test says and nothing of the machine's: no profile, no proxy, and no
 * instance metadata, which is never asked. `vi.unstubAllEnvs()` ends it.
 */
export function awsEnvironment({
  variables = {},
  config = "",
}: AwsEnvironment = {}): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), "cloudlink-aws-"));
  // Files of its own for each test: the SDK keeps what it read, by name.
  writeFileSync(join(folder, "config"), config);
  writeFileSync(join(folder, "credentials"), "");
  for (const name of names) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
  vi.stubEnv("HOME", folder);
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
