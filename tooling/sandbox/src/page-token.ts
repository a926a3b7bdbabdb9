import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { SandboxClock } from "./clock.ts";

/** What a token says besides where to go on: who may use it, and for which question. */
export interface TokenBinding {
  readonly action: string;
  readonly account: string;
  readonly region: string;
  /** The filters and ids of the request, in one form for equal requests. */
  readonly question: string;
}

/** Why a token is refused. */
export type TokenRefusal = "unreadable" | "foreign" | "expired";

/** EC2 does not publish how long its tokens last; an hour is this sandbox's choice. */
export const DEFAULT_TOKEN_TTL_MS = 3_600_000;

/** Page tokens: opaque, authenticated, bound to their question, expiring on the sandbox's clock. */
export interface PageTokens {
  issue(binding: TokenBinding, after: string): string;
  read(binding: TokenBinding, token: string): { readonly after: string } | { readonly refused: TokenRefusal };
}

/** Every sandbox has a key of its own, so a token of one means nothing to another. */
export function createPageTokens(settings: { clock: SandboxClock; ttlMs: number }): PageTokens {
  const key = randomBytes(32);
  const macOf = (payload: string, binding: TokenBinding) =>
    createHmac("sha256", key)
      .update(JSON.stringify([payload, binding.action, binding.account, binding.region, binding.question]))
      .digest();
  return {
    issue: (binding, after) => {
      const payload = Buffer.from(JSON.stringify([settings.clock.now() + settings.ttlMs, after])).toString("base64url");
      return `${payload}.${macOf(payload, binding).toString("base64url")}`;
    },
    read: (binding, token) => {
      const [payload, mac, ...rest] = token.split(".");
      if (payload === undefined || mac === undefined || rest.length > 0) return { refused: "unreadable" };
      const expected = macOf(payload, binding);
      const given = Buffer.from(mac, "base64url");
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { refused: "foreign" };
      const [expiresAtMs, after]: [number, string] = JSON.parse(Buffer.from(payload, "base64url").toString());
      return settings.clock.now() >= expiresAtMs ? { refused: "expired" } : { after };
    },
  };
}
