import type { Observation } from "../provider/v1alpha1/provider.ts";
import type { Scope } from "../scope.ts";

/** Something the kernel learned about a resource. */
export interface ResourceEvent {
  readonly type: "observed" | "absent";
  readonly scope: Scope;
  readonly kind: string;
  /** Canonical ref of the resource. */
  readonly ref: string;
  /** What was seen, on `observed`. */
  readonly observation?: Observation<unknown>;
}

/** Port: what the kernel learns, for others to act on. A notice; it must be quick and must not throw. */
export interface Events {
  publish(event: ResourceEvent): void;
}

/** Tells nobody. */
export const noEvents: Events = { publish() {} };
