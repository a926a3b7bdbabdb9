import { createSpanId, createTraceId, parseTraceparent, type TraceContext } from "@cloudlink/core";
import type { ShellIo } from "./shell-io.ts";

const traces = new WeakMap<ShellIo, TraceContext>();

/**
 * The one trace of a command, so that everything it does and every error it shows can be found by one id.
 * It goes on with the caller's, where `TRACEPARENT` names one (OpenTelemetry, environment variables as context carriers).
 */
export function traceOf(io: ShellIo): TraceContext {
  const known = traces.get(io);
  if (known !== undefined) return known;
  const { TRACEPARENT = "", TRACESTATE } = io.env;
  const trace = parseTraceparent(TRACEPARENT, TRACESTATE) ?? {
    traceId: createTraceId(),
    spanId: createSpanId(),
    sampled: false,
  };
  traces.set(io, trace);
  return trace;
}
