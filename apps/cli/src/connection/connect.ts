import type { Telemetry } from "@cloudlink/core";
import type { Nexus } from "@cloudlink/nexus";

/** The deadline of a call without `--timeout`: of a get, and of each page of a list. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** Which kernel to connect to, and as whom: what the connection options of a command say. */
export interface ConnectionSettings {
  /** The vendor's endpoint, in place of the public one. */
  readonly endpoint?: string;
  /** Regions that a list looks in; none: those that environment or profile name. */
  readonly regions: readonly string[];
  /** Ids of accounts. */
  readonly accounts: readonly string[];
  /** Named profiles of the vendor's configuration, each with an account of its own. */
  readonly profiles: readonly string[];
  /** A role to assume; `{account}` in it stands for the account's id. */
  readonly roleArn?: string;
  readonly externalId?: string;
  /** Told of vendor requests and retries as they happen; under the kind `-` of those that only log in, which no answer's stats have. */
  readonly telemetry: Telemetry;
}

/** Gives a kernel, ready for calls. The command closes it. */
export type Connect = (settings: ConnectionSettings) => Promise<Nexus>;
