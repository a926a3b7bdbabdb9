import { type Context, type Kind, type Provider, quote, type Ref, type Telemetry } from "@cloudlink/core";
import type { Calls } from "@cloudlink/core/calls";
import { usageError } from "../usage-error.ts";

/** What a command calls: a kernel in this process, or a server that has one. The command closes it. */
export interface Connection extends Calls {
  /** The tenant that calls are made for; left out where there is only one. */
  readonly tenant?: string;
  /** Whether another process can go on with an operation by its token. */
  readonly sharesOperations: boolean;
  /** What there is to ask about: of a kernel at once, a server is asked when it is first needed. */
  catalog(ctx: Context): Promise<Catalog>;
  close(): Promise<void>;
}

/** What a provider says of itself. */
export interface CatalogProvider extends Pick<Provider, "metadata"> {
  readonly contractVersion: string;
}

/** The kinds and providers of a connection, and the ids they know. */
export interface Catalog {
  readonly kinds: readonly Kind[];
  readonly providers: readonly CatalogProvider[];
  /** See `Nexus.resolveRef`. */
  resolveRef(text: string): Ref;
  /** See `Nexus.nativeId`. */
  nativeId(ref: Ref): string | undefined;
}

/** The kind of that name. @throws `invalid_argument` (`ErrUnknownKind`) that lists the kinds there are. */
export function kindNamed({ kinds }: Pick<Catalog, "kinds">, name: string): Kind {
  const kind = kinds.find((each) => each.name === name) ?? kinds.find((each) => sameName(each.name, name));
  if (kind !== undefined) return kind;
  const known = kinds.map((each) => each.name).join(", ");
  throw usageError(`There is no kind ${quote(name)}. There are: ${known}.`, "ErrUnknownKind");
}

/** `virtualmachine` is good enough at a shell, where it can mean one kind only. */
function sameName(kind: string, name: string): boolean {
  const wanted = name.toLowerCase();
  return kind.toLowerCase() === wanted || kind.toLowerCase().split(".")[1] === wanted;
}

/** The deadline of a call without `--timeout`; of a list, of each of its pages. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** Where calls go, and as whom: what the connection options of a command say. */
export interface ConnectionSettings {
  /** A server's URL; then nothing below but `telemetry` is given, and accounts and regions are for the calls alone. */
  readonly server?: string;
  /** Path of a cloudlink.yaml; then no endpoint, profile or role is given. */
  readonly config?: string;
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

/** Makes a connection, ready for calls. */
export type Connect = (settings: ConnectionSettings) => Promise<Connection>;
