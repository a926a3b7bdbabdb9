import { CloudLinkError } from "@cloudlink/core";
import type { Nexus } from "@cloudlink/nexus";
import type { Logger } from "pino";

/** What {@link startServer} takes. Only `nexus` has to be given. */
export interface ServerSettings {
  /** The kernel that is served. It stays its owner's to close, after the server. */
  readonly nexus: Nexus;
  /** The tenant that every call is made for; `default` if left out. */
  readonly tenant?: string;
  /** A loopback address, IPv4 or IPv6: there is no authentication yet. 127.0.0.1 if left out. */
  readonly address?: string;
  /** 0 for any that is free. 8080 if left out. */
  readonly port?: number;
  /** How many calls of the kernel's run at once before others are turned away with 429. 256 if left out. */
  readonly maxConcurrentCalls?: number;
  /** The longest deadline that a caller may ask for, in milliseconds. 60,000 if left out. */
  readonly maxTimeoutMs?: number;
  /** How long calls that run may go on once the server is told to end, in milliseconds. 10,000 if left out. */
  readonly drainMs?: number;
  /**
   * How long, in milliseconds, the system may take nothing of an answer for its reader. Then the reader is cut off, at the latest after twice as
   * long. 120,000 if left out. The system has a buffer of its own (on Linux up to 4 MB, `tcp_wmem`), and once that is full it takes nothing until a
   * third has gone: a reader that takes less than some 1.5 MB in this time, 12 KB/s by default, may be cut off though it never rests.
   */
  readonly stallMs?: number;
  /** How long, in milliseconds, a request's line and headers may take to come. 10,000 if left out. */
  readonly headersTimeoutMs?: number;
  /** How long, in milliseconds, a whole request may take to come. 30,000 if left out. */
  readonly requestTimeoutMs?: number;
  /** How long, in milliseconds, a connection without a request is kept. 72,000 if left out: longer than the usual proxy keeps one. */
  readonly keepAliveTimeoutMs?: number;
  /** How many connections there may be; one more is closed at once. 4,096 if left out. */
  readonly maxConnections?: number;
  /** Where the log goes. Left out, nothing is logged. */
  readonly logger?: Logger;
}

/** Settings with nothing left out but the logger. */
export type ResolvedSettings = Required<Omit<ServerSettings, "logger">>;

/** The port of a server that is given none. */
export const DEFAULT_PORT = 8080;

/** The largest body of a request, in bytes: a `get-many` of the most refs that it takes, of a usual length, has half of it. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The longest request target, in bytes: the longest page token, 64 KiB, and room for the rest of a query. RFC 9110 (4.1) asks for 8,000. */
export const MAX_URL_BYTES = 80 * 1024;

/** Request line and headers together, in bytes. Beyond that Node's parser ends the connection. */
export const MAX_HEAD_BYTES = 128 * 1024;

/** How many headers a request may have: some five times what a browser behind proxies sends. */
export const MAX_HEADERS = 200;

/** The longest timer that Node can set, 2^31 - 1 ms: a longer one would end at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** What each number may be. */
const ranges = {
  port: [0, 65_535],
  maxConcurrentCalls: [1, Number.MAX_SAFE_INTEGER],
  maxTimeoutMs: [1, LONGEST_TIMER_MS],
  drainMs: [0, LONGEST_TIMER_MS],
  stallMs: [1, LONGEST_TIMER_MS],
  headersTimeoutMs: [1, LONGEST_TIMER_MS],
  requestTimeoutMs: [1, LONGEST_TIMER_MS],
  keepAliveTimeoutMs: [1, LONGEST_TIMER_MS],
  maxConnections: [1, Number.MAX_SAFE_INTEGER],
} as const satisfies Partial<Record<keyof ResolvedSettings, readonly [least: number, most: number]>>;

/**
 * Fills in what was left out.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a number that is out of its range.
 */
export function resolveSettings(settings: ServerSettings): ResolvedSettings {
  const resolved = withDefaults(settings);
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = resolved[name as keyof typeof ranges];
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    const message = `${name} is a whole number from ${least} to ${most}.`;
    throw new CloudLinkError({ reason: "ErrInvalidSettings", message, origin: "caller" });
  }
  return resolved;
}

function withDefaults(settings: ServerSettings): ResolvedSettings {
  return {
    nexus: settings.nexus,
    tenant: settings.tenant ?? "default",
    address: settings.address ?? "127.0.0.1",
    port: settings.port ?? DEFAULT_PORT,
    maxConcurrentCalls: settings.maxConcurrentCalls ?? 256,
    maxTimeoutMs: settings.maxTimeoutMs ?? 60_000,
    drainMs: settings.drainMs ?? 10_000,
    stallMs: settings.stallMs ?? 120_000,
    headersTimeoutMs: settings.headersTimeoutMs ?? 10_000,
    requestTimeoutMs: settings.requestTimeoutMs ?? 30_000,
    keepAliveTimeoutMs: settings.keepAliveTimeoutMs ?? 72_000,
    maxConnections: settings.maxConnections ?? 4_096,
  };
}
