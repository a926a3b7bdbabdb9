import { randomFillSync } from "node:crypto";

/** The place of a call in a trace, as W3C Trace Context carries it (https://www.w3.org/TR/trace-context/). */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** The caller's span: 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** Whether the caller records this trace. */
  readonly sampled: boolean;
  /** The `tracestate` header as it came; it is passed on and not read. Printable ASCII, fit to be a header again. */
  readonly traceState?: string;
}

const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const zeros = /^0+$/;

/** 32 members of `key=value`, 256 characters each, and the commas: the longest list that the standard allows. */
const LONGEST_TRACESTATE = 32 * (256 + 1 + 256) + 31;
const traceStateForm = /^[\x20-\x7e\t]+$/;

/**
 * Reads a `traceparent` header. Of a version later than 00 it reads what 00 has, as the standard asks.
 *
 * @returns `undefined` for a header that is not valid: the standard asks to start a new trace then, not to fail. A `traceState` that
 *   could not be a header again (too long, control characters) is left out, as the standard asks too.
 */
export function parseTraceparent(header: string, traceState?: string): TraceContext | undefined {
  const match = traceparentForm.exec(header);
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, rest] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId, sampled, ...(isTraceState(traceState) && { traceState }) };
}

/** Whether `trace` can be handed on as the headers of the standard. */
export function isTraceContext(trace: TraceContext): boolean {
  const { traceId, spanId, traceState } = trace;
  return (
    /^[0-9a-f]{32}$/.test(traceId) &&
    /^[0-9a-f]{16}$/.test(spanId) &&
    !zeros.test(traceId) &&
    !zeros.test(spanId) &&
    (traceState === undefined || isTraceState(traceState))
  );
}

function isTraceState(header: string | undefined): header is string {
  return header !== undefined && header.length <= LONGEST_TRACESTATE && traceStateForm.test(header);
}

/** The `traceparent` header that hands `trace` on. */
export function formatTraceparent(trace: TraceContext): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`;
}

/** Random bytes are drawn in blocks: one call to the system for 256 trace ids. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  const hex = pool.toString("hex", used - bytes, used);
  return zeros.test(hex) ? randomHex(bytes) : hex;
}

/** The 4,096 texts of three hexadecimal digits: to look one up costs a tenth of making it. */
const threeDigits: string[] = [];
/** The first 29 digits of a trace id: drawn anew when each of the last three has been through. */
let traceIdStart = "";
let nextDigits = 4_096;

function startTraceIds(): void {
  if (threeDigits.length === 0) {
    for (let value = 0; value < 4_096; value += 1) threeDigits.push(value.toString(16).padStart(3, "0"));
  }
  traceIdStart = randomHex(15).slice(1);
  nextDigits = 0;
}

/**
 * A new trace id: 32 hexadecimal digits, 116 bits of which are drawn at random for 4,096 ids, the rest counts. Every answer carries one, and
 * one that is drawn whole costs ten times as much: more than all the rest of an answer from memory. Nothing is secret about it, and nobody
 * samples by it: a trace that begins here is not sampled.
 */
export function createTraceId(): string {
  if (nextDigits === 4_096) startTraceIds();
  const digits = threeDigits[nextDigits];
  nextDigits += 1;
  return traceIdStart + digits;
}

/** A new random span or call id: 16 hexadecimal digits. */
export function createSpanId(): string {
  return randomHex(8);
}
