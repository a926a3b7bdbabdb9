import {
  type ActionState,
  CloudLinkError,
  CONTRACT_VERSION,
  type KindHandler,
  NONE,
  type Observation,
  type Outcome,
  type PowerState,
  type Provider,
  type ProviderCall,
  type Ref,
  VirtualMachine,
  type VirtualMachineStatus,
} from "@cloudlink/core";

/** An answer of ARM's, as a fake gives it. */
export interface ArmResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What stands for ARM. */
export interface FakeArm {
  readonly host: string;
  request(request: {
    readonly method: "GET" | "POST";
    readonly url: string;
    readonly body?: unknown;
  }): Promise<ArmResponse>;
}

/** As ARM answers a GET of a machine with `$expand=instanceView`, as far as it is read here. */
interface ArmMachine {
  readonly name: string;
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly properties: {
    readonly hardwareProfile: { readonly vmSize: string };
    readonly instanceView?: { readonly statuses: readonly { readonly code: string }[] };
  };
}

/** Resource Graph shows a change within a minute or so; it says nothing of by how much it lags at the moment. */
const GRAPH_LAG_MS = 60_000;

/**
 * Azure, as far as it takes to find out whether the contract carries it: ids that name no region and are compared without case, an action
 * that goes on for minutes and is followed by a URL, a batch source that lags, limits per machine and per subscription at once.
 */
export function azureSkeleton(arm: FakeArm): Provider {
  return {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      name: "azure",
      version: "0.0.1",
      displayName: "Microsoft Azure (skeleton)",
      partitions: ["azure", "azure-china", "azure-usgov"],
      kinds: [
        {
          kind: VirtualMachine.name,
          major: 1,
          regional: false,
          refTemplates: [
            {
              template:
                "/subscriptions/{account}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}",
              parts: { partition: "azure", region: NONE, id: "{group}/{name}" },
              ignoreCase: true,
            },
          ],
          get: { operations: ["compute:Get"], views: ["standard", "health"], native: true },
          getMany: { operations: ["graph:Query"], views: ["standard"], maxRefs: 100, sourceLagMs: GRAPH_LAG_MS },
          actions: {
            start: { operations: ["compute:Start"], dryRun: false, follow: { operations: ["compute:Poll"] } },
          },
          sensitive: ["properties.osProfile.adminPassword"],
        },
      ],
      // Per minute, refill and burst: the wire facts of Azure Resource Manager, Microsoft.Compute.
      limits: [
        { name: "vm-get", dimensions: ["resource"], operations: ["compute:Get"], burst: 36, refillPerSecond: 12 / 60 },
        {
          name: "get",
          dimensions: ["account", "region"],
          operations: ["compute:Get"],
          burst: 24_000,
          refillPerSecond: 8_000 / 60,
        },
        {
          name: "vm-start",
          dimensions: ["resource"],
          operations: ["compute:Start"],
          burst: 12,
          refillPerSecond: 4 / 60,
        },
        { name: "graph", dimensions: ["identity"], operations: ["graph:Query"], burst: 15, refillPerSecond: 3 },
      ],
      hosts: [arm.host],
      credentials: { ambient: true, parameters: [], keys: ["clientId", "clientSecret", "tenantId"] },
    },
    kinds: [machines(arm)],
    identify: async ({ scope }) => ({
      partition: "azure",
      account: scope.account,
      principal: "object-id",
      regions: [NONE],
    }),
    close: async () => {},
  };
}

function machines(arm: FakeArm): KindHandler<VirtualMachineStatus> {
  const send = async (
    call: ProviderCall,
    request: Parameters<FakeArm["request"]>[0] & { readonly operation: string },
  ) => {
    call.ctx.throwIfDone();
    call.report.vendorRequest({ operation: request.operation });
    const response = await arm.request(request);
    for (const [name, value] of Object.entries(response.headers)) reportQuota(call, name, value);
    if (response.status >= 400) throw armError(response);
    return response;
  };

  return {
    kind: VirtualMachine,
    async get(call, { ref, native }) {
      const observedAt = call.ctx.clock.nowMs();
      const url = `https://${arm.host}${pathOf(ref)}?$expand=instanceView`;
      const { body } = await send(call, { method: "GET", url, operation: "compute:Get" });
      const value = toStatus(ref, body as ArmMachine);
      return { ref, value, view: "standard", observedAt, ...(native && { native: body }) };
    },
    async getMany(call, { refs }) {
      const observedAt = call.ctx.clock.nowMs();
      const query = { query: "Resources | project id, name, location, tags, properties", ids: refs.map(pathOf) };
      const url = `https://${arm.host}/providers/Microsoft.ResourceGraph/resources`;
      const { body } = await send(call, { method: "POST", url, body: query, operation: "graph:Query" });
      const rows = (body as { data: readonly (ArmMachine & { id: string })[] }).data;
      return refs.map((ref): Outcome<Observation<VirtualMachineStatus>> => {
        const row = rows.find(({ id }) => id.toLowerCase() === pathOf(ref).toLowerCase());
        if (row === undefined) return { ok: false, ref, error: notFound() };
        return {
          ok: true,
          ref,
          state: { ref, value: toStatus(ref, row), view: "standard", observedAt, sourceLagMs: GRAPH_LAG_MS },
        };
      });
    },
    async act(call, { ref, action }) {
      const url = `https://${arm.host}${pathOf(ref)}/${action}`;
      return actionState(arm, await send(call, { method: "POST", url, operation: "compute:Start" }));
    },
    async follow(call, { token }) {
      // The token went through a caller's hands: it leads to the declared host, or nowhere.
      if (new URL(token).host !== arm.host) throw foreignToken();
      return actionState(arm, await send(call, { method: "GET", url: token, operation: "compute:Poll" }));
    },
  };
}

/** 202 with an `Azure-AsyncOperation` to poll until it says Succeeded, Failed or Canceled; every other word means that it runs. */
function actionState(arm: FakeArm, { headers, body }: ArmResponse): ActionState {
  const { status } = (body ?? {}) as { status?: string };
  if (status === "Succeeded") return { state: "done" };
  if (status === "Failed" || status === "Canceled") {
    throw new CloudLinkError({
      code: "aborted",
      reason: `azure.${status}`,
      message: `Azure: ${status}.`,
      origin: "vendor",
      effect: "unknown",
    });
  }
  const token = headers["azure-asyncoperation"] ?? `https://${arm.host}/operations/unknown`;
  return { state: "running", token, pollAfterMs: Number(headers["retry-after"] ?? 5) * 1_000 };
}

function toStatus(ref: Ref, machine: ArmMachine): VirtualMachineStatus {
  const code = machine.properties.instanceView?.statuses
    .map((status) => status.code)
    .find((each) => each.startsWith("PowerState/"));
  const rawState = code?.slice("PowerState/".length) ?? "";
  const deallocated = rawState === "deallocated" || rawState === "deallocating";
  const states: Readonly<Record<string, PowerState>> = {
    starting: "starting",
    running: "running",
    stopping: "stopping",
    stopped: "stopped",
    deallocating: "stopping",
    deallocated: "stopped",
  };
  const powerState = states[rawState] ?? "unknown";
  return {
    id: ref.id,
    powerState,
    rawState,
    // Stopped is billed all the same; deallocated is not.
    billed: powerState === "unknown" ? "unknown" : deallocated ? "no" : "yes",
    name: machine.name,
    addresses: [],
    hostNames: [],
    placement: { region: machine.location.toLowerCase().replaceAll(" ", "") },
    size: { name: machine.properties.hardwareProfile.vmSize },
    preemptible: false,
    tags: machine.tags ?? {},
  };
}

/** `Microsoft.Compute/HighCostGet;7` in `x-ms-ratelimit-remaining-resource`, several of them in one header. */
function reportQuota(call: ProviderCall, name: string, value: string): void {
  if (name.toLowerCase() !== "x-ms-ratelimit-remaining-resource") return;
  for (const part of value.split(",")) {
    const [limit = "", remaining] = part.trim().split(";");
    call.report.quota({ limit, remaining: Number(remaining) });
  }
}

/** The Compute 429 has no `error` wrapper; the ARM 404 has one. */
function armError({ status, headers, body }: ArmResponse): CloudLinkError {
  if (status === 404) return notFound();
  const { error, ...bare } = body as { error?: { code: string }; code?: string };
  const vendorCode = error?.code ?? bare.code ?? "unknown";
  const afterMs = Number(headers["retry-after"] ?? 1) * 1_000;
  return new CloudLinkError({
    reason: status === 429 ? "ErrThrottled" : "ErrVendorUnavailable",
    message: `Azure answered ${status}.`,
    origin: "vendor",
    retry: { retryable: true, afterMs },
    details: { vendorCode },
  });
}

function notFound(): CloudLinkError {
  return new CloudLinkError({ reason: "ErrResourceNotFound", message: "There is no such machine.", origin: "vendor" });
}

function foreignToken(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: "The operation token leads to a foreign host.",
    origin: "caller",
  });
}

function pathOf(ref: Ref): string {
  const [group, name] = ref.id.split("/");
  return `/subscriptions/${ref.account}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`;
}
