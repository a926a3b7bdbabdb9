import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type ActionLog, ActionRecorder } from "./action-log.ts";
import { type SandboxClock, systemClock } from "./clock.ts";
import {
  type AccountSettings,
  CredentialStore,
  defaultAccounts,
  type RoleSettings,
  type SandboxCredentials,
} from "./credentials.ts";
import type { Ec2World } from "./ec2/request.ts";
import { FaultBook, type FaultsControl } from "./faults.ts";
import { defaultPopulation, type FleetSettings, fleetMembers } from "./fleet.ts";
import type { InstanceSettings } from "./instance.ts";
import { InstanceStore, type InstancesControl } from "./instance-store.ts";
import { createPageTokens, DEFAULT_TOKEN_TTL_MS } from "./page-token.ts";
import { RateLimits } from "./rate-limits.ts";
import { createRequestHandler } from "./request-handler.ts";
import {
  DEFAULT_LOG_LIMIT,
  type RequestEntry,
  type RequestLog,
  type RequestMatch,
  RequestRecorder,
} from "./request-log.ts";
import { type TransitionSettings, Transitions } from "./transitions.ts";

/** How a sandbox is set up; every field has a default. */
export interface SandboxSettings {
  /** What all the invented data and lives follow from. Default `cloudlink`. */
  readonly seed?: string;
  /** Where the instances and the tokens live. Default: the machine's time. */
  readonly clock?: SandboxClock;
  /** Default: 111111111111, 222222222222 and 333333333333, each with a key and a role `cloudlink-read`. */
  readonly accounts?: readonly AccountSettings[];
  /** Instances that a test wants to be there. */
  readonly instances?: readonly InstanceSettings[];
  /** Many like instances in one place. */
  readonly fleet?: FleetSettings;
  /** The default population of 126 instances. Default: only when neither `instances` nor `fleet` is given. */
  readonly population?: boolean;
  /** A port of 127.0.0.1. Default 0: any free one. */
  readonly port?: number;
  /** How long a page token is good for. Default an hour. */
  readonly tokenTtlMs?: number;
  /** Pages are cut before filters apply, so they may be short, even empty, and still lead on. Default false. */
  readonly sparsePages?: boolean;
  /** With the whitespace of the real service, which nearly doubles an answer. Default false. */
  readonly indented?: boolean;
  /** How many requests the log keeps. Default 100,000. */
  readonly requestLogLimit?: number;
  /** How long instances are pending and stopping after an action. Default: 15 to 60 s each, following from the seed. */
  readonly transitions?: TransitionSettings;
  /** For how long after an action Describe still shows the state before it, milliseconds. Default 0. */
  readonly staleMs?: number;
  /** AWS's published token buckets per account and region, on the sandbox's clock. Default `off`. */
  readonly limits?: "published" | "off";
}

/** A running stand-in AWS. */
export interface Sandbox extends AsyncDisposable {
  /** What an SDK takes as `endpoint`: `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly port: number;
  readonly clock: SandboxClock;
  readonly accounts: readonly AccountSettings[];
  readonly instances: InstancesControl;
  readonly faults: FaultsControl;
  readonly requests: RequestLog;
  /** What was carried out on instances: the vendor's truth, whatever the caller was told. */
  readonly actions: ActionLog;
  /** The next request to arrive that matches. It resolves on arrival; await its `finished` for the end. */
  nextRequest(match?: RequestMatch): Promise<RequestEntry>;
  /** The first key of an account. RangeError when the account is unknown or has none. */
  credentialsOf(account: string): SandboxCredentials;
  /** A role's session without the call to STS: for tests of expired and of denied credentials. */
  issueSession(session: {
    readonly account: string;
    readonly role?: RoleSettings;
    readonly sessionName?: string;
    readonly durationSeconds?: number;
  }): Required<SandboxCredentials>;
  /** From now on this key is unknown. False when it was already. */
  revokeKey(accessKeyId: string): boolean;
  /** Ends every connection and stops listening; what is under way fails. Safe to call twice. */
  close(): Promise<void>;
}

/** Starts a sandbox on 127.0.0.1; it is ready when the promise resolves, and rejects when the port is taken. */
export async function createSandbox(settings: SandboxSettings = {}): Promise<Sandbox> {
  const clock = settings.clock ?? systemClock;
  const seed = settings.seed ?? "cloudlink";
  const accounts = settings.accounts ?? defaultAccounts();
  const credentials = new CredentialStore({ clock, accounts });
  const transitions = new Transitions(seed, settings.transitions ?? {});
  const defaultAccount = accounts[0]?.id ?? "111111111111";
  const instances = new InstanceStore({ seed, clock, defaultAccount, transitions });
  for (const instance of populationOf(settings, { seed, accounts })) instances.put(instance);
  const faults = new FaultBook();
  const requests = new RequestRecorder(settings.requestLogLimit ?? DEFAULT_LOG_LIMIT);
  const tokens = createPageTokens({ clock, ttlMs: settings.tokenTtlMs ?? DEFAULT_TOKEN_TTL_MS });
  const actions = new ActionRecorder();
  const { sparsePages = false, indented = false } = settings;
  const ec2: Ec2World = {
    clock,
    instances,
    tokens,
    sparsePages,
    indented,
    actions,
    transitions,
    staleMs: settings.staleMs ?? 0,
    limits: settings.limits === "published" ? new RateLimits(clock) : undefined,
    startFails: (target) => faults.startFails(target),
  };
  const handler = createRequestHandler({ ec2, sts: { accounts, credentials }, faults, requests });
  // A client that reuses a connection must not meet it closing: longer than any SDK keeps one idle.
  const server = createServer({ keepAliveTimeout: 120_000 }, handler);
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host: "127.0.0.1", port: settings.port ?? 0 }, resolve);
  await listening;
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    if (!server.listening) return;
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    requests.failPending();
    server.closeAllConnections();
    await closed.promise;
  };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    clock,
    accounts,
    instances,
    faults,
    requests,
    actions,
    nextRequest: (match) => requests.next(match),
    credentialsOf: (account) => {
      const key = accounts.find(({ id }) => id === account)?.accessKeys?.[0];
      if (key === undefined)
        throw new RangeError(`account ${account} has no access key in this sandbox: give it one in accounts`);
      return { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey };
    },
    issueSession: ({ account, role = { name: "session" }, sessionName = "test", durationSeconds = 3600 }) =>
      credentials.issue({ account, role, sessionName, durationSeconds }).credentials,
    revokeKey: (accessKeyId) => credentials.revoke(accessKeyId),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function* populationOf(
  settings: SandboxSettings,
  on: { seed: string; accounts: readonly AccountSettings[] },
): Generator<InstanceSettings> {
  const { instances, fleet } = settings;
  if (settings.population ?? (instances === undefined && fleet === undefined)) {
    yield* defaultPopulation(
      on.seed,
      on.accounts.map(({ id }) => id),
    );
  }
  if (fleet !== undefined) yield* fleetMembers(on.seed, fleet);
  yield* instances ?? [];
}
