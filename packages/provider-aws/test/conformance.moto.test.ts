import {
  type ActionGround,
  type Harness,
  type Place,
  providerConformance,
  type VendorFault,
} from "@cloudlink/conformance";
import { type Lease, type Scope, VirtualMachine } from "@cloudlink/core";
import {
  createMotoUser,
  type Interference,
  type MotoInstances,
  motoCredentials,
  seedMoto,
  startMoto,
  startVendorProxy,
} from "@cloudlink/testbed";
import { afterAll, describe, test } from "vitest";
import { aws } from "../src/aws.ts";
import { type PowerAction, powerOperations } from "../src/ec2/power-action.ts";
import { absentIds, awkwardTags, leaseOf, malformedIds, REGION, refOf, scopeOf } from "./aws-place.ts";
import { type Loss, startVendorRecorder, type VendorRecorder } from "./vendor-recorder.ts";

const OWN = "111111111111";
const OTHER = "222222222222";

const own: readonly MotoInstances[] = [
  ...awkwardTags.map((tags) => ({ tags })),
  { state: "stopped", type: "m5.large", zone: `${REGION}b`, tags: { Name: "halted" } },
  { state: "terminated", tags: { Name: "gone" } },
  { count: 8, tags: { Name: "member" } },
];

const powerStates = { running: "running", stopped: "stopped", terminated: "deleted" } as const;

/** moto's faults are the proxy's: in EC2's form (EC2 API reference, "Error codes"), in moto's place. */
const answers = {
  throttle: errorAnswer(503, "RequestLimitExceeded"),
  serverError: errorAnswer(500, "InternalError"),
  brokenBody: {
    kind: "answer",
    status: 200,
    headers: { "content-type": "text/xml" },
    body: "<DescribeInstancesResponse><",
  },
  cut: { kind: "cut" },
} as const satisfies Record<string, Interference>;

async function createHarness(): Promise<Harness> {
  const moto = await startMoto();
  const recorder = await startVendorRecorder({ target: moto.endpoint });
  const proxy = await startVendorProxy({ target: recorder.endpoint });
  const place = await createPlace(moto.endpoint, { account: OWN, instances: own });
  const { scope } = place;
  const user = await createMotoUser({ endpoint: moto.endpoint, account: OWN });
  const interfering = (interference: Interference) => async (): Promise<VendorFault> => {
    const active = proxy.interfere(interference);
    return { [Symbol.asyncDispose]: async () => active.release() };
  };
  const losing = (what: Loss) => async (): Promise<VendorFault> => {
    const active = recorder.lose(what);
    return { [Symbol.asyncDispose]: async () => active[Symbol.dispose]() };
  };
  const enforced = async (lease: Lease): Promise<VendorFault> => {
    await moto.enforceIam(true);
    return { lease, [Symbol.asyncDispose]: () => moto.enforceIam(false) };
  };
  return {
    ...place,
    kind: VirtualMachine,
    createProvider: () => aws({ endpoint: proxy.endpoint, regions: [REGION] }),
    absent: absentIds.map((id) => refOf(scope, id)),
    malformed: malformedIds.map((id) => refOf(scope, id)),
    pageSize: 5,
    otherPlace: await createPlace(moto.endpoint, { account: OTHER, instances: [{ count: 3 }] }),
    vendorRequests: () => proxy.requestCount(),
    actions: createGround(moto.endpoint, { scope, recorder }),
    faults: {
      async hold() {
        const held = proxy.interfere({ kind: "hold" });
        const release = () => held.release();
        const { arrived, clientGone } = held;
        return { arrived, clientGone, release, [Symbol.asyncDispose]: async () => release() };
      },
      throttle: interfering(answers.throttle),
      denied: () => enforced(leaseOf(scope, user)),
      unknownKeys: () =>
        enforced(
          leaseOf(scope, { accessKeyId: "AKIACANARYNOBODY3Z", secretAccessKey: "canary/nobody+5tGv8NjMk2iUoXc6S" }),
        ),
      brokenBody: interfering(answers.brokenBody),
      cut: interfering(answers.cut),
      cutBefore: losing("request"),
      answerLost: losing("answer"),
      serverError: interfering(answers.serverError),
      echoedSecret: (secrets) => interfering(errorAnswer(400, "InvalidParameterValue", secrets.join(" ")))(),
    },
    async close() {
      await proxy.close();
      await recorder[Symbol.asyncDispose]();
      await moto.stop();
    },
  };
}

/**
 * How many instances are made at a time: each takes moto some requests. Those to be started are made one by one: moto does not set
 * `LaunchTime` anew when it starts one, which EC2 does, so that only one that was made just now is believed to run before the grace is over.
 */
const MADE_AT_ONCE = { running: 12, stopped: 1 } as const;

function createGround(
  endpoint: string,
  { scope, recorder }: { readonly scope: Scope; readonly recorder: VendorRecorder },
): ActionGround {
  const pools = { running: [] as string[], stopped: [] as string[] };
  return {
    async target(action) {
      const state = action === "start" ? ("stopped" as const) : ("running" as const);
      const pool = pools[state];
      if (pool.length === 0) {
        const instances: readonly MotoInstances[] = [{ count: MADE_AT_ONCE[state], state }];
        pool.push(...(await seedMoto({ endpoint, account: OWN, region: REGION, instances })).flat());
      }
      return refOf(scope, pool.pop() ?? "");
    },
    carriedOut({ ref, action }) {
      const operation = powerOperations[action as PowerAction].replace("ec2:", "");
      return recorder.carriedOut(operation, ref.id);
    },
    // What moto is asked to do it has done when it answers.
    wait: async () => {},
  };
}

async function createPlace(
  endpoint: string,
  { account, instances }: { account: string; instances: readonly MotoInstances[] },
): Promise<Place> {
  const scope = scopeOf(account);
  const seeded = await seedMoto({ endpoint, account, region: REGION, instances });
  const keys = await motoCredentials({ endpoint, account });
  const present = seeded.flatMap((ids, index) => {
    const { state = "running", tags = {}, type = "t3.micro" } = instances[index] ?? {};
    return ids.map((id) => ({
      ref: refOf(scope, id),
      value: { id, powerState: powerStates[state], rawState: state, tags, size: { name: type } },
    }));
  });
  return { scope, present, lease: () => leaseOf(scope, keys) };
}

function errorAnswer(status: number, code: string, message = "As the test asked for.") {
  const text = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const body = `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>${text}</Message></Error></Errors><RequestID>11111111-2222-3333-4444-555555555555</RequestID></Response>`;
  return { kind: "answer", status, headers: { "content-type": "text/xml" }, body } as const;
}

providerConformance(
  { describe, test, afterAll },
  {
    name: "provider-aws on moto",
    createHarness,
    options: {
      without: {
        expired: "moto offers no way to make a session that has expired",
        wrongState: "moto starts, stops and reboots an instance whatever state it is in",
      },
      knownDifferences: {
        "list.bad-cursor": "moto answers a page token that it never gave with 500 and a page of HTML",
      },
    },
  },
);
