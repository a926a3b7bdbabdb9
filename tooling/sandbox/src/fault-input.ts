import { AdminInputError } from "./admin-input-error.ts";
import type { Fault, FaultMoment, FaultRule, LostAnswer } from "./faults.ts";

const KINDS = [
  "throttle",
  "serverError",
  "error",
  "brokenXml",
  "truncated",
  "cut",
  "hang",
  "hold",
  "latency",
  "answerLost",
  "startFails",
] as const;

const RULE_FIELDS = ["action", "account", "region", "instanceId", "times", "when", "fault"] as const;
const FAULT_FIELDS = ["kind", "latencyMs", "status", "code", "message", "retryAfterSeconds", "how", "reason"] as const;
const MOMENTS: readonly FaultMoment[] = ["before", "after"];
const LOST_ANSWERS: readonly LostAnswer[] = ["cut", "cutAfterStatus", "cutAfterHeaders", "serverError"];

/** A rule out of JSON. @throws AdminInputError that names the field and what it takes. */
export function readFaultRule(input: unknown): FaultRule {
  const rule = readObject(input, { at: "the body", known: RULE_FIELDS });
  const action = readText(rule, "action");
  const account = readText(rule, "account");
  const region = readText(rule, "region");
  const instanceId = readText(rule, "instanceId");
  const times = readWhole(rule, { name: "times", min: 1 });
  const when = readOne(rule, { name: "when", of: MOMENTS });
  return {
    ...(action === undefined ? {} : { action }),
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(times === undefined ? {} : { times }),
    ...(when === undefined ? {} : { when }),
    fault: readFault(rule.fault),
  };
}

function readFault(input: unknown): Fault {
  const fault = readObject(input, { at: "fault", known: FAULT_FIELDS });
  const kind = KINDS.find((known) => known === fault.kind);
  switch (kind) {
    case undefined:
      throw new AdminInputError(`fault.kind ${JSON.stringify(fault.kind)}: give one of ${KINDS.join(", ")}`);
    case "latency": {
      const latencyMs = readWhole(fault, { name: "latencyMs", min: 0 });
      if (latencyMs === undefined)
        throw new AdminInputError("fault.latencyMs is missing: give the milliseconds to wait");
      return { kind, latencyMs };
    }
    case "answerLost": {
      const how = readOne(fault, { name: "how", of: LOST_ANSWERS });
      return how === undefined ? { kind } : { kind, how };
    }
    case "startFails": {
      const reason = readText(fault, "reason");
      return reason === undefined ? { kind } : { kind, reason };
    }
    case "throttle": {
      const retryAfterSeconds = readWhole(fault, { name: "retryAfterSeconds", min: 0 });
      return retryAfterSeconds === undefined ? { kind } : { kind, retryAfterSeconds };
    }
    case "serverError": {
      const status = readWhole(fault, { name: "status", min: 500 });
      if (status === undefined) return { kind };
      if (status === 500 || status === 503) return { kind, status };
      throw new AdminInputError(`fault.status ${status}: give 500 or 503, or use the kind error`);
    }
    case "error": {
      const status = readWhole(fault, { name: "status", min: 0 });
      const code = readText(fault, "code");
      const message = readText(fault, "message");
      if (status === undefined || status < 400 || status > 599 || code === undefined) {
        throw new AdminInputError("fault of kind error: give status (400 to 599) and code, the vendor's error code");
      }
      return message === undefined ? { kind, status, code } : { kind, status, code, message };
    }
    default:
      return { kind };
  }
}

function readObject(input: unknown, on: { at: string; known: readonly string[] }): Readonly<Record<string, unknown>> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new AdminInputError(`${on.at} is no object: give one with ${on.known.join(", ")}`);
  }
  const unknown = Object.keys(input).find((name) => !on.known.includes(name));
  if (unknown !== undefined)
    throw new AdminInputError(`unknown field ${unknown} in ${on.at}: give any of ${on.known.join(", ")}`);
  return { ...input };
}

function readText(object: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = object[name];
  if (value === undefined || typeof value === "string") return value;
  throw new AdminInputError(`${name} ${JSON.stringify(value)}: give a string`);
}

function readOne<T extends string>(
  object: Readonly<Record<string, unknown>>,
  on: { name: string; of: readonly T[] },
): T | undefined {
  const value = object[on.name];
  if (value === undefined) return undefined;
  const known = on.of.find((candidate) => candidate === value);
  if (known !== undefined) return known;
  throw new AdminInputError(`${on.name} ${JSON.stringify(value)}: give one of ${on.of.join(", ")}`);
}

function readWhole(object: Readonly<Record<string, unknown>>, on: { name: string; min: number }): number | undefined {
  const value = object[on.name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= on.min) return value;
  throw new AdminInputError(`${on.name} ${JSON.stringify(value)}: give a whole number, ${on.min} or more`);
}
