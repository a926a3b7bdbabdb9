import {
  background,
  type Context,
  createRef,
  createScope,
  type Lease,
  type ProviderCall,
  type Ref,
  type Scope,
  Secret,
  VirtualMachine,
} from "@cloudlink/core";
import type { SandboxCredentials } from "@cloudlink/sandbox";

export const ACCOUNT = "111111111111";
export const OTHER_ACCOUNT = "222222222222";
export const REGION = "us-east-1";

/** What a call of a test is made with. */
export interface CallSettings {
  readonly ctx?: Context;
  readonly account?: string;
  readonly region?: string;
  readonly partition?: string;
  /** The keys of the lease; without them it is an ambient one. */
  readonly keys?: SandboxCredentials | Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  /** The lease of another call, to share it. */
  readonly lease?: Lease;
}

/** A call, and the vendor requests that were reported under it. */
export interface TestCall extends ProviderCall {
  readonly requests: string[];
}

let leases = 0;

export function scopeOf({ account = ACCOUNT, region = REGION, partition = "aws" }: CallSettings = {}): Scope {
  return createScope({ tenant: "default", provider: "aws", partition, account, role: "test", region });
}

export function leaseOf(settings: CallSettings = {}): Lease {
  const { keys, parameters = {} } = settings;
  leases += 1;
  const base = { id: `lease-${leases}`, scope: scopeOf(settings) };
  return keys === undefined
    ? { ...base, kind: "ambient", parameters }
    : { ...base, kind: "keys", keys: new Secret({ ...keys } as Readonly<Record<string, string>>) };
}

export function callOf(settings: CallSettings = {}): TestCall {
  const requests: string[] = [];
  return {
    ctx: settings.ctx ?? background(),
    scope: scopeOf(settings),
    lease: settings.lease ?? leaseOf(settings),
    report: { vendorRequest: ({ operation }) => void requests.push(operation), quota() {} },
    requests,
  };
}

export function refOf(id: string, settings: CallSettings = {}): Ref {
  const { account, region, partition } = scopeOf(settings);
  return createRef({ provider: "aws", partition, account, region, kind: VirtualMachine.name, id });
}
