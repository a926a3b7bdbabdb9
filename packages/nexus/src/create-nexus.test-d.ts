import {
  type Answer,
  type Context,
  type ListPage,
  type Outcome,
  type PowerState,
  type ResourceState,
  VirtualMachine,
  type VirtualMachineStatus,
} from "@cloudlink/core";
import { expectTypeOf } from "vitest";
import { Thing } from "../test/thing.ts";
import type { Nexus } from "./nexus.ts";

declare const nexus: Nexus;
declare const ctx: Context;

// The value's type is inferred from the kind.
expectTypeOf(nexus.get(ctx, { kind: VirtualMachine, ref: "" })).resolves.toEqualTypeOf<Answer<VirtualMachineStatus>>();
expectTypeOf(nexus.get(ctx, { kind: Thing, ref: "" }))
  .resolves.toHaveProperty("value")
  .toEqualTypeOf<Thing>();
expectTypeOf(nexus.getMany(ctx, { kind: Thing, refs: [] }))
  .resolves.toHaveProperty("outcomes")
  .toEqualTypeOf<readonly Outcome<ResourceState<Thing>>[]>();
expectTypeOf(nexus.list(ctx, { kind: VirtualMachine })).toEqualTypeOf<AsyncIterable<ListPage<VirtualMachineStatus>>>();

// An outcome is its state or its error, told apart by `ok`.
const { outcomes } = await nexus.getMany(ctx, { kind: VirtualMachine, refs: [] });
for (const outcome of outcomes) {
  if (outcome.ok) expectTypeOf(outcome.state.value.powerState).toEqualTypeOf<PowerState>();
  else expectTypeOf(outcome.error.code).toBeString();
}

// A filter takes what the kind can be filtered by, with the values that field has: one or several.
nexus.list(ctx, {
  kind: VirtualMachine,
  where: { powerState: "running", "size.name": ["m7g.large"] },
  tags: { team: ["a"] },
});
// @ts-expect-error a state that no machine has
nexus.list(ctx, { kind: VirtualMachine, where: { powerState: "runing" } });
// @ts-expect-error a field that is no filter
nexus.list(ctx, { kind: VirtualMachine, where: { image: "ami-1" } });
// @ts-expect-error another kind's field
nexus.list(ctx, { kind: Thing, where: { powerState: "running" } });

// Nothing can be changed in an answer.
const answer = await nexus.get(ctx, { kind: Thing, ref: "" });
// @ts-expect-error a value is read-only
answer.value.state = "other";
// @ts-expect-error what it holds is read-only too
answer.value.tags.team = "other";
// @ts-expect-error a request needs its kind
nexus.get(ctx, { ref: "" });
