import type { InstanceStateName } from "./lifecycle.ts";

/** The actions that change something. */
export type ActionName = "StartInstances" | "StopInstances" | "RebootInstances";

/** One action carried out on one instance: the vendor's truth, whether the caller was told or not. */
export interface ActionEntry {
  /** 1 for the first of this sandbox, without gaps. */
  readonly sequence: number;
  readonly action: ActionName;
  readonly instanceId: string;
  readonly account: string;
  readonly region: string;
  /** The request that it came with: `id` of the request log. */
  readonly requestId: string;
  /** On the sandbox's clock, epoch milliseconds. */
  readonly atMs: number;
  readonly previousState: InstanceStateName;
  readonly currentState: InstanceStateName;
  /** Whether it had an effect: a reboot always, a start or stop of an instance that was not already (on its way) there. */
  readonly effective: boolean;
  /** Whether a stop was forced. */
  readonly force: boolean;
}

/** Which entries: fields that must be equal, or any predicate. */
export type ActionMatch =
  | ((entry: ActionEntry) => boolean)
  | {
      readonly action?: ActionName;
      readonly instanceId?: string;
      readonly account?: string;
      readonly region?: string;
      readonly requestId?: string;
      readonly effective?: boolean;
    };

/** What was carried out, as tests and drills count it. Refused calls and dry runs are not in it. */
export interface ActionLog {
  /** In the order they were carried out. */
  list(match?: ActionMatch): ActionEntry[];
  count(match?: ActionMatch): number;
  /** Forgets everything so far; sequence numbers go on. */
  clear(): void;
}

/** Keeps every action; a sandbox carries out too few of them to bound it. */
export class ActionRecorder implements ActionLog {
  #entries: ActionEntry[] = [];
  #count = 0;

  add(entry: Omit<ActionEntry, "sequence">): void {
    this.#count += 1;
    this.#entries.push(Object.freeze({ sequence: this.#count, ...entry }));
  }

  list(match: ActionMatch = {}): ActionEntry[] {
    return this.#entries.filter(matcherOf(match));
  }

  count(match: ActionMatch = {}): number {
    return this.list(match).length;
  }

  clear(): void {
    this.#entries = [];
  }
}

function matcherOf(match: ActionMatch): (entry: ActionEntry) => boolean {
  if (typeof match === "function") return match;
  const { action, instanceId, account, region, requestId, effective } = match;
  return (entry) =>
    (action === undefined || entry.action === action) &&
    (instanceId === undefined || entry.instanceId === instanceId) &&
    (account === undefined || entry.account === account) &&
    (region === undefined || entry.region === region) &&
    (requestId === undefined || entry.requestId === requestId) &&
    (effective === undefined || entry.effective === effective);
}
