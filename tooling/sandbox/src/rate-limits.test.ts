import { DescribeInstancesCommand, StartInstancesCommand, StopInstancesCommand } from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateLimits } from "./rate-limits.ts";
import { createSandbox } from "./sandbox.ts";
import { createManualClock, ec2Of, failureOf, stsOf } from "./test-support.ts";

const PLACE = { account: "111111111111", region: "us-east-1", service: "ec2" } as const;
const PLAIN = { isFiltered: false, isPaginated: false };

/** How many requests in a row are let through, at one instant. */
function burstOf(limits: RateLimits, place: Parameters<RateLimits["takeRequest"]>[0], shape = PLAIN): number {
  for (let count = 0; ; count++) {
    try {
      limits.takeRequest(place, shape);
    } catch {
      return count;
    }
  }
}

describe("the published limits", () => {
  it.each([
    ["DescribeInstances", PLAIN, 50, 10],
    ["DescribeInstances", { isFiltered: true, isPaginated: false }, 100, 20],
    ["DescribeInstances", { isFiltered: false, isPaginated: true }, 100, 20],
    ["DescribeInstanceStatus", PLAIN, 50, 10],
    ["DescribeHosts", PLAIN, 100, 20],
    ["StartInstances", PLAIN, 5, 2],
    ["StopInstances", PLAIN, 50, 5],
    ["RebootInstances", PLAIN, 50, 5],
    ["CreateKeyPair", PLAIN, 50, 5],
    ["TerminateInstances", PLAIN, 100, 5],
  ])("let %s %j through %d times at once and %d times a second after", (action, shape, capacity, perSecond) => {
    const clock = createManualClock();
    const limits = new RateLimits(clock);
    expect(burstOf(limits, { ...PLACE, action }, shape)).toBe(capacity);
    clock.advance(1000);
    expect(burstOf(limits, { ...PLACE, action }, shape)).toBe(perSecond);
    clock.advance(86_400_000);
    expect(burstOf(limits, { ...PLACE, action }, shape)).toBe(capacity);
  });

  it.each([
    ["StartInstances", 1000, 2],
    ["StopInstances", 1000, 20],
  ])(
    "count the instances that %s changes: %d at once and %d a second after, all of a request or none",
    (action, capacity, perSecond) => {
      const clock = createManualClock();
      const limits = new RateLimits(clock);
      expect(() => limits.takeResources({ ...PLACE, action }, capacity + 1)).toThrow("Request limit exceeded.");
      limits.takeResources({ ...PLACE, action }, capacity);
      clock.advance(1000);
      expect(() => limits.takeResources({ ...PLACE, action }, perSecond + 1)).toThrow("Request limit exceeded.");
      limits.takeResources({ ...PLACE, action }, perSecond);
      expect(() => limits.takeResources({ ...PLACE, action: "RebootInstances" }, 1_000_000)).not.toThrow();
    },
  );

  it("are of each account, region and action alone; STS has one for all of its actions", () => {
    const limits = new RateLimits(createManualClock());
    const action = "StartInstances";
    expect(burstOf(limits, { ...PLACE, action })).toBe(5);
    expect(burstOf(limits, { ...PLACE, account: "222222222222", action })).toBe(5);
    expect(burstOf(limits, { ...PLACE, region: "eu-west-1", action })).toBe(5);
    expect(burstOf(limits, { ...PLACE, action: "StopInstances" })).toBe(50);
    expect(burstOf(limits, { ...PLACE, service: "sts", action: "AssumeRole" })).toBe(600);
    expect(burstOf(limits, { ...PLACE, service: "sts", action: "GetCallerIdentity" })).toBe(0);
  });

  it("never let more through than a full bucket and what came back since, whenever the requests come", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }), (gapsMs) => {
        const clock = createManualClock();
        const limits = new RateLimits(clock);
        let passed = 0;
        let elapsedMs = 0;
        for (const gapMs of gapsMs) {
          clock.advance(gapMs);
          elapsedMs += gapMs;
          try {
            limits.takeRequest({ ...PLACE, action: "StartInstances" }, PLAIN);
            passed += 1;
          } catch {
            // Refused: it took nothing.
          }
          expect(passed).toBeLessThanOrEqual(5 + (elapsedMs * 2) / 1000);
        }
        const refused = gapsMs.length - passed;
        if (refused > 0) expect(passed).toBeGreaterThanOrEqual(Math.min(gapsMs.length, 5));
      }),
    );
  });

  it("survive a clock that is set back", () => {
    const clock = createManualClock();
    const limits = new RateLimits(clock);
    expect(burstOf(limits, { ...PLACE, action: "StartInstances" })).toBe(5);
    clock.advance(-60_000);
    expect(burstOf(limits, { ...PLACE, action: "StartInstances" })).toBe(0);
    clock.advance(1000);
    expect(burstOf(limits, { ...PLACE, action: "StartInstances" })).toBe(2);
  });
});

describe("a sandbox", () => {
  it("with published limits answers 503 RequestLimitExceeded, does nothing then, and recovers on its own clock", async () => {
    const clock = createManualClock();
    const instances = [{ id: "i-0000000a", state: "stopped" as const }];
    await using sandbox = await createSandbox({ clock, instances, limits: "published" });
    const ec2 = ec2Of(sandbox);
    const start = () => ec2.send(new StartInstancesCommand({ InstanceIds: ["i-0000000a"] }));
    for (let n = 0; n < 5; n++) await start();
    expect(await failureOf(start())).toEqual({
      code: "RequestLimitExceeded",
      status: 503,
      message: "Request limit exceeded.",
    });
    expect(sandbox.actions.count()).toBe(5);
    clock.advance(500);
    await start();
    // Filters, ids and paging take from the larger bucket.
    for (let n = 0; n < 50; n++) await ec2.send(new DescribeInstancesCommand({}));
    expect(await failureOf(ec2.send(new DescribeInstancesCommand({})))).toMatchObject({ code: "RequestLimitExceeded" });
    await ec2.send(new DescribeInstancesCommand({ InstanceIds: ["i-0000000a"] }));
    await ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
    await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "tag-key", Values: ["*"] }] }));
    ec2.destroy();
  });

  it.each([
    ["start", "stopped", 500],
    ["stop", "running", 50],
  ] as const)("with published limits counts the instances of a %s", async (action, state, tokenMs) => {
    const clock = createManualClock();
    const fleet = { account: "111111111111", region: "us-east-1", count: 1001 };
    await using sandbox = await createSandbox({ clock, fleet, limits: "published" });
    const ids = sandbox.instances.list().map(({ id }) => sandbox.instances.setState(id, state).id);
    const ec2 = ec2Of(sandbox);
    const act = (InstanceIds: string[]): Promise<unknown> =>
      action === "start"
        ? ec2.send(new StartInstancesCommand({ InstanceIds }))
        : ec2.send(new StopInstancesCommand({ InstanceIds }));
    expect(await failureOf(act(ids))).toMatchObject({ code: "RequestLimitExceeded", status: 503 });
    expect(sandbox.actions.count()).toBe(0);
    await act(ids.slice(1));
    expect(await failureOf(act(ids.slice(0, 1)))).toMatchObject({ code: "RequestLimitExceeded" });
    clock.advance(tokenMs);
    await act(ids.slice(0, 1));
    expect(sandbox.actions.count()).toBe(1001);
    ec2.destroy();
  });

  it("with published limits says Throttling at STS", async () => {
    await using sandbox = await createSandbox({ clock: createManualClock(), limits: "published" });
    const sts = stsOf(sandbox);
    for (let n = 0; n < 600; n++) await sts.send(new GetCallerIdentityCommand({}));
    expect(await failureOf(sts.send(new GetCallerIdentityCommand({})))).toMatchObject({
      code: "Throttling",
      status: 400,
    });
    sts.destroy();
  });

  it("without limits has none", async () => {
    await using sandbox = await createSandbox({ clock: createManualClock() });
    const ec2 = ec2Of(sandbox);
    for (let n = 0; n < 60; n++) await ec2.send(new DescribeInstancesCommand({}));
    ec2.destroy();
  });
});
