import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  EC2Client,
  type EC2ClientConfig,
  type Instance,
  type InstanceStateChange,
  type InstanceStatus,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import type {
  AssumeRoleCommandInput,
  AssumeRoleWithWebIdentityCommandInput,
  STSClient,
  STSClientConfig,
  Credentials as StsCredentials,
} from "@aws-sdk/client-sts";
import { AwsEc2QueryProtocol } from "@aws-sdk/core/protocols";
import type { Lease, ProviderCall } from "@cloudlink/core";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { HttpRequest } from "@smithy/types";
import { type Ambient, ambientOf, profileOf, roleFor } from "./ambient.ts";
import { type Connections, createConnections } from "./connections.ts";
import type { InstancePage } from "./ec2/instance-decoder.ts";
import { type PowerAction, powerOperations } from "./ec2/power-action.ts";
import { createInstanceReader } from "./ec2/streaming-protocol.ts";
import { type OwnedMachine, ownedMachine } from "./ec2/virtual-machine.ts";
import { keysOf, sessionCredentials } from "./lease-keys.ts";
import { metadata } from "./metadata.ts";
import { noteSending, type Sending } from "./sending.ts";
import type { AwsSettings } from "./settings.ts";
import { type Credentials, CredentialsFailure, partsOf, shareCredentials } from "./shared-credentials.ts";
import { MalformedAnswer } from "./xml/malformed-answer.ts";

// The one file that imports AWS's SDK, which takes a good part of a second of CPU to load: it is loaded when the first call leaves.

/** What came, and when the request for it was sent, in milliseconds since the epoch. */
export interface Sent<Output> {
  readonly output: Output;
  readonly observedAt: number;
}

/** A machine with everything that EC2 says of it. */
export interface NativeMachine extends OwnedMachine {
  readonly native: Instance;
}

/** An action on one instance. */
export interface ActionOrder {
  readonly action: PowerAction;
  readonly id: string;
  /** Ask whether it would be allowed, which EC2 answers with an error: `DryRunOperation` where it would. */
  readonly dryRun: boolean;
  /** Says how far the request came, when it fails too. */
  readonly sending: Sending;
}

/** Whose credentials a session has. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
}

/**
 * What may be asked of AWS in one region with one lease. Each method makes one attempt (retries are the kernel's), tells the call's report
 * of each request, and rejects with what the SDK throws.
 */
export interface AwsSession {
  describeInstances(
    call: ProviderCall,
    input: DescribeInstancesCommandInput,
  ): Promise<Sent<InstancePage<OwnedMachine>>>;
  describeNative(call: ProviderCall, input: DescribeInstancesCommandInput): Promise<Sent<readonly NativeMachine[]>>;
  /** The status checks of instances that exist, 100 at most (EC2 API reference, DescribeInstanceStatus). */
  describeStatus(call: ProviderCall, ids: readonly string[]): Promise<readonly InstanceStatus[]>;
  /** @returns the state that EC2 answers the action with, by its code; `undefined` for a reboot, which changes none. */
  act(call: ProviderCall, order: ActionOrder): Promise<number | undefined>;
  identify(call: ProviderCall): Promise<CallerIdentity>;
  /** What its requests are signed with, for an error to be searched for. */
  secrets(): readonly string[];
}

/** The connections of a provider, shared by its sessions. */
export interface AwsTransport {
  session(lease: Lease, region: string): AwsSession;
  /** The region that environment, profile or the instance this runs on name, if any. */
  usualRegion(lease: Lease): Promise<string | undefined>;
  close(): void;
}

/** How long it may take to assume a role: the fetch is shared by calls with deadlines of their own, and has to end by itself. */
const ASSUME_ROLE_TIMEOUT_MS = 10_000;

/** Nothing of the SDK's goes to a user's console: what matters of its warnings comes as an error. */
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** What every client is made with. */
type ClientConfig = Pick<STSClientConfig, "region" | "endpoint" | "profile"> & ReturnType<typeof commonConfig>;

function commonConfig(requestHandler: Pick<NodeHttpHandler, "handle">) {
  return {
    requestHandler,
    // Retries are the kernel's, and `AWS_RETRY_MODE=adaptive` would make even one attempt wait.
    maxAttempts: 1,
    retryMode: "standard",
    logger: silent,
    customUserAgent: [["cloudlink", metadata.version]] as [string, string][],
  };
}

export function createTransport(settings: AwsSettings): AwsTransport {
  const connections = createConnections({ caFile: settings.caFile });
  const common = commonConfig(createRequestHandler(connections));
  const { endpoint } = settings;
  // One for all regions: a role is assumed once a lease.
  const byLease = new WeakMap<Lease, ReturnType<typeof shareCredentials>>();

  return {
    session(lease, region) {
      const ambient = ambientOf(lease, settings);
      const { profile } = ambient;
      const config: ClientConfig = {
        ...common,
        region,
        ...(endpoint !== undefined && { endpoint }),
        ...(profile !== undefined && { profile }),
      };
      const credentials =
        byLease.get(lease) ??
        shareCredentials(
          lease.kind === "keys"
            ? async () => keysOf(lease)
            : (call) => findCredentials({ lease, ambient, named: profileOf(lease, settings), config, common, call }),
        );
      byLease.set(lease, credentials);
      return createSession({ config, region, credentials });
    },
    async usualRegion(lease) {
      // The first is the SDKs' name for it, the second the command line's.
      const named = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
      if (named) return named;
      // Keys say nothing of a region; the profile that the program is set up with may.
      const { profile = settings.profile } = ambientOf(lease, settings);
      const client = new EC2Client({ ...common, ...(profile !== undefined && { profile }) });
      return await client.config.region().catch(() => undefined);
    },
    close: () => connections.close(),
  };
}

/**
 * Sends each request by the way that its address takes, whatever named the address: settings, `AWS_ENDPOINT_URL`, a profile, or the
 * SDK's own rules.
 */
function createRequestHandler(connections: Connections) {
  const handlers = new WeakMap<object, NodeHttpHandler>();
  return {
    metadata: { handlerProtocol: "http/1.1" },
    async handle(...[request, options]: Parameters<NodeHttpHandler["handle"]>) {
      const agents = await connections.agentsFor(originOf(request));
      const handler = handlers.get(agents) ?? new NodeHttpHandler({ ...agents, logger: silent });
      handlers.set(agents, handler);
      return await handler.handle(request, options);
    },
    // The SDK sets up its default handler by these; there is nothing of it to set up here.
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
}

function originOf({ protocol, hostname, port }: HttpRequest): string {
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
}

function createSession(session: {
  readonly config: ClientConfig;
  readonly region: string;
  readonly credentials: (call: ProviderCall) => Promise<Credentials>;
}): AwsSession {
  const { region, credentials } = session;
  let current: Credentials | undefined;
  const config = {
    ...session.config,
    credentials: async () => current ?? { accessKeyId: "", secretAccessKey: "" },
  };
  const reader = createInstanceReader(AwsEc2QueryProtocol, (instance, owner) =>
    ownedMachine({ instance, owner, region }),
  );
  let streaming: EC2Client | undefined;
  let plain: EC2Client | undefined;
  let sts: STSClient | undefined;

  /** Before each request, so that what it takes to have credentials is counted and bounded as part of the call. */
  async function authenticate(call: ProviderCall): Promise<void> {
    current = await credentials(call);
  }

  return {
    async describeInstances(call, input) {
      await authenticate(call);
      streaming ??= createEc2Client({ ...config, protocol: reader.protocol });
      const command = new DescribeInstancesCommand(input);
      const sent = noteSending(command, { call, operation: "ec2:DescribeInstances" });
      const output = await streaming.send(command, { abortSignal: call.ctx.signal });
      return { output: reader.pageOf(output), observedAt: sent.at() };
    },
    async describeNative(call, input) {
      await authenticate(call);
      plain ??= createEc2Client(config);
      const command = new DescribeInstancesCommand(input);
      const sent = noteSending(command, { call, operation: "ec2:DescribeInstances" });
      const { Reservations } = await plain.send(command, { abortSignal: call.ctx.signal });
      const output = (Reservations ?? []).flatMap(({ Instances, OwnerId }) =>
        (Instances ?? []).map((native) => ({
          ...ownedMachine({ instance: native, owner: OwnerId ?? "", region }),
          native,
        })),
      );
      return { output, observedAt: sent.at() };
    },
    async describeStatus(call, ids) {
      await authenticate(call);
      plain ??= createEc2Client(config);
      const command = new DescribeInstanceStatusCommand({ InstanceIds: [...ids], IncludeAllInstances: true });
      noteSending(command, { call, operation: "ec2:DescribeInstanceStatus" });
      const { InstanceStatuses } = await plain.send(command, { abortSignal: call.ctx.signal });
      return InstanceStatuses ?? [];
    },
    async act(call, { action, id, dryRun, sending }) {
      await authenticate(call);
      plain ??= createEc2Client(config);
      const input = { InstanceIds: [id], ...(dryRun && { DryRun: true }) };
      const noted = { call, operation: powerOperations[action], sending };
      const options = { abortSignal: call.ctx.signal };
      if (action === "start") {
        const command = new StartInstancesCommand(input);
        noteSending(command, noted);
        return stateOf((await plain.send(command, options)).StartingInstances, id);
      }
      if (action === "stop") {
        const command = new StopInstancesCommand(input);
        noteSending(command, noted);
        return stateOf((await plain.send(command, options)).StoppingInstances, id);
      }
      const command = new RebootInstancesCommand(input);
      noteSending(command, noted);
      await plain.send(command, options);
      return undefined;
    },
    async identify(call) {
      await authenticate(call);
      const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
      sts ??= new STSClient(config);
      const command = new GetCallerIdentityCommand({});
      noteSending(command, { call, operation: "sts:GetCallerIdentity" });
      const { Account: account, Arn: arn } = await sts.send(command, { abortSignal: call.ctx.signal });
      if (!account || !arn) throw new MalformedAnswer("an identity without an account");
      return { account, arn };
    },
    secrets: () => (current === undefined ? [] : partsOf(current)),
  };
}

/** The state of the one instance that was asked about. */
function stateOf(changes: readonly InstanceStateChange[] | undefined, id: string): number {
  const code = changes?.find(({ InstanceId }) => InstanceId === id)?.CurrentState?.Code;
  if (code === undefined) throw new MalformedAnswer("the instance's new state is missing");
  return code;
}

function createEc2Client(config: EC2ClientConfig): EC2Client {
  const client = new EC2Client(config);
  // It copies every answer through a filter of secrets, even for a logger that drops it.
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

/** What AWS's own way finds, and the role that it is to assume, if any. */
async function findCredentials(from: {
  readonly lease: Lease;
  readonly ambient: Ambient;
  /** The profile that the lease, the settings or the environment name. */
  readonly named: string | undefined;
  readonly config: ClientConfig;
  readonly common: ReturnType<typeof commonConfig>;
  readonly call: ProviderCall;
}): Promise<Credentials> {
  const { lease, ambient, named, config, common, call } = from;
  const { profile, roleArn, externalId } = ambient;
  // Before anything is looked up or sent.
  const role = roleArn === undefined ? undefined : roleFor(lease, roleArn);
  const assumeRoleAs = async (credentials: Credentials, params: AssumeRoleCommandInput) =>
    await assumeRole(params, {
      config: { ...config, credentials },
      call,
      secrets: [...partsOf(credentials), params.ExternalId],
    });
  const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  const found = await fromNodeProviderChain({
    ...(profile !== undefined && { profile }),
    logger: silent,
    // Credentials are looked for anew with each lease, and a file may have changed since.
    ignoreCache: true,
    // Without region and endpoint: the SDK's SSO client, which takes this too, has a region of its own and is not at our endpoint.
    clientConfig: common,
    roleAssumer: (credentials, params) => assumeRoleAs(credentials, params),
    roleAssumerWithWebIdentity: (params) =>
      assumeRoleWithWebIdentity(params, { config, call, secrets: [params.WebIdentityToken] }),
  })().catch(async (error: unknown) => {
    if (named !== undefined && (await isMissing(named))) throw new CredentialsFailure(error, { missingProfile: named });
    throw error;
  });
  if (role === undefined) return found;
  const params = {
    RoleArn: role,
    RoleSessionName: "cloudlink",
    ...(externalId !== undefined && { ExternalId: externalId }),
  };
  return await assumeRoleAs(found, params);
}

/** Whether no shared file has the profile. The chain's own words for it end at the first source that follows the files. */
async function isMissing(profile: string): Promise<boolean> {
  const { parseKnownFiles } = await import("@smithy/core/config");
  const profiles = await parseKnownFiles({ ignoreCache: true }).catch(() => undefined);
  return profiles !== undefined && !Object.hasOwn(profiles, profile);
}

/** What a role is assumed with. */
interface Assuming {
  readonly config: STSClientConfig;
  readonly call: ProviderCall;
  /** What is sent, or signs the request, and must not be seen in an error. */
  readonly secrets: readonly (string | undefined)[];
}

async function assumeRole(params: AssumeRoleCommandInput, assuming: Assuming): Promise<Credentials> {
  const operation = "sts:AssumeRole";
  return await askSts({ ...assuming, operation }, async ({ AssumeRoleCommand, STSClient }, abortSignal) => {
    const command = new AssumeRoleCommand(params);
    noteSending(command, { call: assuming.call, operation, isShared: true });
    return await new STSClient(assuming.config).send(command, { abortSignal });
  });
}

async function assumeRoleWithWebIdentity(
  params: AssumeRoleWithWebIdentityCommandInput,
  assuming: Assuming,
): Promise<Credentials> {
  const operation = "sts:AssumeRoleWithWebIdentity";
  return await askSts(
    { ...assuming, operation },
    async ({ AssumeRoleWithWebIdentityCommand, STSClient }, abortSignal) => {
      const command = new AssumeRoleWithWebIdentityCommand(params);
      noteSending(command, { call: assuming.call, operation, isShared: true });
      return await new STSClient(assuming.config).send(command, { abortSignal });
    },
  );
}

/** A request that belongs to no call's deadline, within a time of its own. */
async function askSts(
  { call, operation, secrets }: Assuming & { readonly operation: string },
  send: (
    sdk: typeof import("@aws-sdk/client-sts"),
    signal: AbortSignal,
  ) => Promise<{ readonly Credentials?: StsCredentials | undefined }>,
): Promise<Credentials> {
  const ending = new AbortController();
  const { clock } = call.ctx;
  const cancel = clock.schedule(() => ending.abort(), { delayMs: ASSUME_ROLE_TIMEOUT_MS, background: true });
  try {
    const answered = await send(await import("@aws-sdk/client-sts"), ending.signal);
    return sessionCredentials(answered.Credentials);
  } catch (error) {
    throw new CredentialsFailure(error, { operation, secrets: secrets.filter((secret) => secret !== undefined) });
  } finally {
    cancel();
  }
}
