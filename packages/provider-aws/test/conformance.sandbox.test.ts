import {
  type ActionGround,
  type Harness,
  type Place,
  providerConformance,
  type VendorFault,
} from "@cloudlink/conformance";
import { type Lease, VirtualMachine } from "@cloudlink/core";
import {
  type AccountSettings,
  createSandbox,
  type Fault,
  type FaultRule,
  type InstanceSettings,
  type InstanceStateName,
  type Sandbox,
  type SandboxSettings,
} from "@cloudlink/sandbox";
import { afterAll, describe, test } from "vitest";
import { aws } from "../src/aws.ts";
import { type PowerAction, powerOperations } from "../src/ec2/power-action.ts";
import { absentIds, awkwardTags, backslashTags, leaseOf, malformedIds, REGION, refOf, scopeOf } from "./aws-place.ts";

const OWN = "111111111111";
const OTHER = "222222222222";

const accounts: readonly AccountSettings[] = [
  {
    id: OWN,
    accessKeys: [
      { accessKeyId: "AKIACANARYOWN4X7Q2", secretAccessKey: "canary/own+9sJd0f8Wm3kLxPqZ7vBnT2" },
      { accessKeyId: "AKIACANARYDENY5R1K", secretAccessKey: "canary/deny+1pTq6ZrYb8uHsGc4VnW0", denied: ["ec2:*"] },
    ],
  },
  { id: OTHER, accessKeys: [{ accessKeyId: "AKIACANARYOTHER8M3", secretAccessKey: "canary/other+7eKx2LhRd5wQaJy9F" }] },
];

/** What lives in the first account: every state and form that an instance has, and enough of them for pages. */
const own: readonly InstanceSettings[] = [
  ...[...awkwardTags, ...backslashTags].map((tags) => ({ state: "running" as const, tags })),
  { state: "pending" },
  { state: "running", spot: true, platform: "windows", publicIp: "198.51.100.7", ipv6: "2001:db8::7" },
  { state: "running", publicIp: false, ipv6: false, stateCodeHighByte: 255 },
  { state: "stopping" },
  { state: "stopped", instanceType: "r6i.4xlarge", availabilityZone: `${REGION}c` },
  { state: "shutting-down" },
  { state: "terminated" },
  { id: "i-0abc1234", state: "running", extraXml: "<futureSet><item><anything>new</anything></item></futureSet>" },
  { state: "running", reservationId: "r-0123456789abcdef0" },
  { state: "stopped", reservationId: "r-0123456789abcdef0" },
  ...Array.from({ length: 6 }, (_, index) => ({ state: "running" as const, tags: { Name: `member-${index}` } })),
];

const powerStates = {
  pending: "starting",
  running: "running",
  stopping: "stopping",
  stopped: "stopped",
  "shutting-down": "deleting",
  terminated: "deleted",
} as const;

/** In which state each action changes something, and in which EC2 refuses it. */
const statesOf: Readonly<Record<PowerAction, { possible: InstanceStateName; wrong: InstanceStateName }>> = {
  start: { possible: "stopped", wrong: "stopping" },
  stop: { possible: "running", wrong: "terminated" },
  reboot: { possible: "running", wrong: "stopped" },
};

async function createHarness(settings: SandboxSettings): Promise<Harness> {
  let passedMs = 0;
  const sandbox = await createSandbox({
    ...settings,
    accounts,
    clock: { now: () => Date.now() + passedMs },
    // Two looks a second apart, and no more of the time that signatures are good for.
    transitions: { pendingMs: 1_500, stoppingMs: 1_500 },
    instances: [
      ...own.map((settings) => ({ ...settings, account: OWN, region: REGION })),
      ...Array.from({ length: 7 }, () => ({ account: OTHER, region: REGION, state: "running" as const })),
      { account: OWN, region: "eu-west-1", state: "running" },
    ],
  });
  const place = placeOf(sandbox, OWN);
  const { scope } = place;
  const refused = (lease: () => Lease) => async () => ({ lease: lease(), [Symbol.asyncDispose]: async () => {} });
  const failing =
    (fault: Fault, rule: Partial<FaultRule> = {}) =>
    async () =>
      inForce(sandbox, { ...rule, fault });
  const put = (state: InstanceStateName) =>
    refOf(scope, sandbox.instances.put({ account: OWN, region: REGION, state }).id);
  const actions: ActionGround = {
    target: async (action) => put(statesOf[action as PowerAction].possible),
    wrongState: async (action) => put(statesOf[action as PowerAction].wrong),
    carriedOut({ ref, action }) {
      const operation = powerOperations[action as PowerAction];
      return sandbox.actions.count((entry) => entry.instanceId === ref.id && operation === `ec2:${entry.action}`);
    },
    async wait(ms) {
      passedMs += ms;
    },
  };
  return {
    ...place,
    kind: VirtualMachine,
    createProvider: () => aws({ endpoint: sandbox.endpoint, regions: [REGION] }),
    absent: absentIds.map((id) => refOf(scope, id)),
    malformed: malformedIds.map((id) => refOf(scope, id)),
    pageSize: 5,
    otherPlace: placeOf(sandbox, OTHER),
    vendorRequests: () => sandbox.requests.count(),
    actions,
    faults: {
      async hold() {
        const handle = sandbox.faults.add({ fault: { kind: "hold" } });
        const arrived = sandbox.nextRequest();
        const clientGone = arrived
          .then(({ finished }) => finished)
          .then(({ outcome }) => (outcome === "aborted" ? undefined : new Promise<never>(() => {})));
        return {
          arrived,
          clientGone,
          release: () => handle.remove(),
          [Symbol.asyncDispose]: async () => handle.remove(),
        };
      },
      throttle: async () => ({
        ...inForce(sandbox, { fault: { kind: "throttle", retryAfterSeconds: 3 } }),
        afterMs: 3_000,
      }),
      denied: refused(() => leaseOf(scope, accounts[0]?.accessKeys?.[1] ?? sandbox.credentialsOf(OWN))),
      expired: refused(() => leaseOf(scope, sandbox.issueSession({ account: OWN, durationSeconds: 0 }))),
      unknownKeys: refused(() =>
        leaseOf(scope, { accessKeyId: "AKIACANARYNOBODY3Z", secretAccessKey: "canary/nobody+5tGv8NjMk2iUoXc6S" }),
      ),
      brokenBody: failing({ kind: "brokenXml" }),
      cut: failing({ kind: "cut" }),
      cutBefore: failing({ kind: "cut" }, { when: "before" }),
      answerLost: failing({ kind: "answerLost" }),
      serverError: failing({ kind: "serverError", status: 500 }),
      echoedSecret: async (secrets) =>
        inForce(sandbox, {
          fault: {
            kind: "error",
            status: 400,
            code: "InvalidParameterValue",
            message: `no: ${secrets.join(" ")}`,
          },
        }),
    },
    close: () => sandbox.close(),
  };
}

function inForce(sandbox: Sandbox, rule: FaultRule): VendorFault {
  const handle = sandbox.faults.add(rule);
  return { [Symbol.asyncDispose]: async () => handle.remove() };
}

function placeOf(sandbox: Sandbox, account: string): Place {
  const scope = scopeOf(account);
  const present = sandbox.instances.list({ account, region: REGION }).map((truth) => ({
    ref: refOf(scope, truth.id),
    value: {
      id: truth.id,
      powerState: powerStates[truth.state],
      rawState: truth.state,
      tags: truth.tags,
      size: { name: truth.instanceType },
      placement: { region: REGION, zone: truth.availabilityZone },
    },
  }));
  return { scope, present, lease: () => leaseOf(scope, sandbox.credentialsOf(account)) };
}

providerConformance(
  { describe, test, afterAll },
  { name: "provider-aws on the sandbox", createHarness: () => createHarness({}) },
);

providerConformance(
  { describe, test, afterAll },
  {
    name: "provider-aws on the sandbox, with pages cut before they are narrowed, the whitespace of the real service, and states shown late",
    createHarness: () => createHarness({ sparsePages: true, indented: true, staleMs: 1_000 }),
  },
);
