import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSpanId, createTraceId, formatTraceparent, parseTraceparent } from "./trace-context.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

// Cases of https://www.w3.org/TR/trace-context/ and of its test suite, github.com/w3c/trace-context.
describe("parseTraceparent", () => {
  it.each([
    ["sampled", `00-${traceId}-${spanId}-01`, true],
    ["not sampled", `00-${traceId}-${spanId}-00`, false],
    ["flags it does not know beside sampled", `00-${traceId}-${spanId}-ff`, true],
    ["flags it does not know without sampled", `00-${traceId}-${spanId}-fe`, false],
    ["a later version", `01-${traceId}-${spanId}-01`, true],
    ["a later version with more fields", `cc-${traceId}-${spanId}-01-what-the-future-will-be-like`, true],
    ["a later version that ends in a dash", `cc-${traceId}-${spanId}-00-`, false],
  ])("reads %s", (_case, header, sampled) => {
    expect(parseTraceparent(header)).toEqual({ traceId, spanId, sampled });
  });

  it.each([
    ["version ff", `ff-${traceId}-${spanId}-01`],
    ["version 00 with more fields", `00-${traceId}-${spanId}-01-what-the-future-will-be-like`],
    ["version 00 that ends in a dash", `00-${traceId}-${spanId}-01-`],
    ["a later version with more of the flags", `cc-${traceId}-${spanId}-01.what-the-future-will-be-like`],
    ["an upper-case version", `0A-${traceId}-${spanId}-01`],
    ["an upper-case trace id", `00-${traceId.toUpperCase()}-${spanId}-01`],
    ["an upper-case span id", `00-${traceId}-${spanId.toUpperCase()}-01`],
    ["upper-case flags", `00-${traceId}-${spanId}-0A`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
    ["a span id of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
    ["a short trace id", `00-${traceId.slice(1)}-${spanId}-01`],
    ["a long trace id", `00-${traceId}0-${spanId}-01`],
    ["a short span id", `00-${traceId}-${spanId.slice(1)}-01`],
    ["a long span id", `00-${traceId}-${spanId}0-01`],
    ["short flags", `00-${traceId}-${spanId}-1`],
    ["long flags", `00-${traceId}-${spanId}-001`],
    ["a short version", `0-${traceId}-${spanId}-01`],
    ["an illegal character", `00-.${traceId.slice(1)}-${spanId}-01`],
    ["several headers joined", `00-${traceId}-${spanId}-01,00-${traceId}-${spanId}-01`],
    ["a line after it", `cc-${traceId}-${spanId}-01-a\nb`],
    ["nothing", ""],
  ])("leaves %s aside", (_case, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it("never throws, and reads back what formatTraceparent writes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (header) => {
        parseTraceparent(header);
      }),
    );
    fc.assert(
      fc.property(fc.boolean(), (sampled) => {
        const trace = { traceId: createTraceId(), spanId: createSpanId(), sampled };
        expect(parseTraceparent(formatTraceparent(trace))).toEqual(trace);
      }),
    );
  });

  it("keeps a tracestate as it came, and drops one that could not be a header again", () => {
    const state = (header: string) => parseTraceparent(`00-${traceId}-${spanId}-01`, header)?.traceState;
    expect(state("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")).toBe("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    const longest = Array.from({ length: 32 }, (_, index) => `${"k".repeat(254)}${index % 10}x=${"v".repeat(256)}`);
    expect(state(longest.join(","))).toHaveLength(32 * 513 + 31);
    for (const bad of ["", "a=b\r\nx-admin: 1", "a=\u00e9", "x".repeat(20_000)]) expect(state(bad)).toBeUndefined();
  });
});

describe("createTraceId and createSpanId", () => {
  it("give ids of the standard's form, none twice", () => {
    const traces = Array.from({ length: 2_000 }, createTraceId);
    const spans = Array.from({ length: 2_000 }, createSpanId);
    for (const id of traces) expect(id).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
    for (const id of spans) expect(id).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
    expect(new Set([...traces, ...spans]).size).toBe(4_000);
  });
});
