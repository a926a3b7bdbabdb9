import { describe, expect, expectTypeOf, it } from "vitest";
import { CloudLinkError } from "../../error/cloudlink-error.ts";
import { httpStatusOf } from "../../error/code.ts";
import { VirtualMachine } from "../../kind/compute/virtual-machine.ts";
import type { VirtualMachineStatus } from "../../kind/compute/virtual-machine-status.ts";
import type { Scope } from "../../scope.ts";
import type { StandardSchema } from "../../standard-schema.ts";
import type { ProviderCall } from "./call.ts";
import type { KindCapabilities, LimitDeclaration } from "./capabilities.ts";
import {
  CONTRACT_VERSION,
  type KindHandler,
  type Provider,
  type ProviderMetadata,
  type ProviderPlugin,
} from "./provider.ts";

/** The smallest kind that a provider can declare. */
const declared: KindCapabilities = { kind: VirtualMachine.name, major: 1, regional: true, refTemplates: [] };

describe("Provider v1alpha1", () => {
  it("Meaning 12: the contract version is v1alpha1, a literal that provider and plugin carry", () => {
    expect(CONTRACT_VERSION).toBe("v1alpha1");
    expectTypeOf<Provider["contractVersion"]>().toEqualTypeOf<"v1alpha1">();
    expectTypeOf<ProviderPlugin["contractVersion"]>().toEqualTypeOf<"v1alpha1">();
    expectTypeOf<Omit<Provider, "contractVersion">>().not.toExtend<Provider>();
  });

  it("Meaning 14: every capability is optional: a kind with none is a declaration, and a handler with no method a handler", () => {
    expectTypeOf<{ kind: string; major: number; regional: boolean; refTemplates: [] }>().toExtend<KindCapabilities>();
    expectTypeOf<{ kind: typeof VirtualMachine }>().toExtend<KindHandler<VirtualMachineStatus>>();
    expect([declared.get, declared.getMany, declared.list, declared.actions]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("Meaning 14: what is not declared answers unimplemented, and that is not worth trying again", () => {
    const error = new CloudLinkError({ reason: "ErrUnimplemented", message: "m", origin: "kernel" });
    expect([error.code, error.retry.retryable, httpStatusOf(error.code)]).toEqual(["unimplemented", false, 501]);
  });

  it("Meaning 14: settings are described by Standard Schema, of whatever library", () => {
    expectTypeOf<ProviderPlugin<{ region: string }>["settingsSchema"]>().toEqualTypeOf<
      StandardSchema<unknown, { region: string }>
    >();
  });

  it("Meaning 2: limits are the vendor's: a call names operations, and an operation may be charged to several", () => {
    expectTypeOf<LimitDeclaration>().not.toHaveProperty("tenant");
    expectTypeOf<LimitDeclaration["dimensions"][number]>().toEqualTypeOf<
      "partition" | "account" | "region" | "resource" | "identity"
    >();
  });

  it("Meaning 1: a call carries its one scope and a lease of its own", () => {
    expectTypeOf<ProviderCall["scope"]>().toEqualTypeOf<Scope>();
    expectTypeOf<ProviderCall["lease"]["scope"]>().toEqualTypeOf<Scope>();
  });

  it("has metadata that is plain data: the same when it comes from another process", () => {
    const metadata: ProviderMetadata = {
      name: "acme",
      version: "1.0.0",
      displayName: "Acme",
      partitions: ["-"],
      kinds: [{ ...declared, get: { operations: ["Read"], views: ["standard"] }, sensitive: ["a.b"] }],
      limits: [{ name: "read", dimensions: ["account"], operations: ["Read"], burst: 10, refillPerSecond: 1 }],
      hosts: ["api.acme.test"],
      credentials: { ambient: true, parameters: ["profile"], keys: [] },
    };
    expect(JSON.parse(JSON.stringify(metadata))).toEqual(metadata);
  });
});
