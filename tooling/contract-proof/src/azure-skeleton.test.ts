import { background, createScope, staticCredentials, VirtualMachine } from "@cloudlink/core";
import { createNexus } from "@cloudlink/nexus";
import { expect, test } from "vitest";
import { type ArmResponse, azureSkeleton } from "./azure-skeleton.ts";

const armId = "/subscriptions/0000-1111/resourceGroups/Web/providers/Microsoft.Compute/virtualMachines/Front-1";
const machine = {
  id: armId,
  name: "Front-1",
  location: "West US",
  properties: {
    hardwareProfile: { vmSize: "Standard_D2s_v5" },
    osProfile: { adminPassword: "canary-password" },
    instanceView: { statuses: [{ code: "ProvisioningState/succeeded" }, { code: "PowerState/stopped" }] },
  },
};

function azure(answers: ArmResponse[]) {
  const urls: string[] = [];
  const provider = azureSkeleton({
    host: "management.azure.test",
    async request({ url }) {
      urls.push(url);
      return answers.shift() ?? { status: 500, headers: {}, body: { error: { code: "NoMoreAnswers" } } };
    },
  });
  const quotas: { limit: string; remaining: number }[] = [];
  const nexus = createNexus({
    providers: [provider],
    accounts: [{ provider: "azure", partition: "azure", account: "0000-1111", regions: ["-"], role: "reader" }],
    credentials: staticCredentials(() => ({ clientSecret: "canary-secret" })),
    telemetry: {
      currentTrace: () => undefined,
      cache() {},
      call() {},
      vendorRequest() {},
      retry() {},
      quota: ({ limit, remaining }) => void quotas.push({ limit, remaining }),
    },
  });
  return { nexus, provider, urls, quotas };
}

const ok = (body: unknown, headers: Record<string, string> = {}): ArmResponse => ({ status: 200, headers, body });

test("an ARM id, in any case, is a ref without a region, and is written back", async () => {
  const { nexus } = azure([]);
  const ref = nexus.resolveRef(armId.toUpperCase());
  expect(ref.key).toBe("azure/azure/0000-1111/-/compute.VirtualMachine/web%2Ffront-1");
  expect(nexus.resolveRef(armId).key).toBe(ref.key);
  expect(nexus.nativeId(ref)).toMatch(/^\/subscriptions\/0000-1111\/resourceGroups\/web\//);
});

test("a stopped machine is billed, its place comes from the answer, and its native body has no password", async () => {
  const { nexus, quotas } = azure([
    ok(machine, { "X-Ms-Ratelimit-Remaining-Resource": "Microsoft.Compute/GetVM;11, Microsoft.Compute/Sub;7990" }),
  ]);
  const vm = await nexus.get(background(), { kind: VirtualMachine, ref: armId, native: true });
  expect(vm.value).toMatchObject({ powerState: "stopped", billed: "yes", placement: { region: "westus" } });
  expect(JSON.stringify(vm)).not.toContain("canary");
  expect(quotas).toEqual([
    { limit: "Microsoft.Compute/GetVM", remaining: 11 },
    { limit: "Microsoft.Compute/Sub", remaining: 7990 },
  ]);
});

test("a source that lags answers a batch only if the caller takes answers that old; a live read goes to the machines", async () => {
  const { nexus, urls } = azure([ok(machine), ok({ data: [machine] })]);
  const live = await nexus.getMany(background(), { kind: VirtualMachine, refs: [armId] });
  expect(urls).toEqual([expect.stringContaining("$expand=instanceView")]);
  expect(live.outcomes).toMatchObject([{ ok: true, state: { value: { powerState: "stopped" } } }]);

  const older = await nexus.getMany(background(), { kind: VirtualMachine, refs: [armId], maxAgeMs: 300_000 });
  expect(urls[1]).toContain("ResourceGraph");
  expect(older.outcomes).toMatchObject([{ ok: true, state: { freshness: { sourceLagMs: 60_000 } } }]);
});

test("an action is begun, followed by its token from another process, and done", async () => {
  const poll = "https://management.azure.test/operations/42";
  const accepted = { status: 202, headers: { "azure-asyncoperation": poll, "retry-after": "10" }, body: null };
  const { provider } = azure([accepted, { ...accepted, body: { status: "InProgress" } }, ok({ status: "Succeeded" })]);
  const [handler] = provider.kinds;
  const call = callOf();
  const ref = azure([]).nexus.resolveRef(armId);
  const begun = await handler?.act?.(call, { ref, action: "start", idempotencyKey: "k", dryRun: false });
  expect(begun).toEqual({ state: "running", token: poll, pollAfterMs: 10_000 });
  const follow = (token: string) => handler?.follow?.(call, { ref, action: "start", token });
  await expect(follow(poll)).resolves.toMatchObject({ state: "running" });
  await expect(follow(poll)).resolves.toEqual({ state: "done" });
  await expect(follow("https://evil.test/operations/42")).rejects.toMatchObject({ code: "invalid_argument" });
});

test("the 429 without a wrapper says how long to wait, and the caller hears it when the deadline is nearer", async () => {
  const throttled = { status: 429, headers: { "retry-after": "1200" }, body: { code: "OperationNotAllowed" } };
  const { nexus } = azure([throttled]);
  await expect(nexus.get(background(), { kind: VirtualMachine, ref: armId })).rejects.toMatchObject({
    code: "resource_exhausted",
    retry: { retryable: true, afterMs: 1_200_000 },
    details: { vendorCode: "OperationNotAllowed" },
  });
});

function callOf() {
  const scope = createScope({
    tenant: "t",
    provider: "azure",
    partition: "azure",
    account: "0000-1111",
    role: "r",
    region: "-",
  });
  return {
    ctx: background(),
    scope,
    lease: { id: "l", scope, kind: "ambient", parameters: {} },
    report: { vendorRequest() {}, quota() {} },
  } as const;
}
