import type { Context } from "@cloudlink/core";
import type { Calls } from "@cloudlink/core/calls";
import type { Choosing } from "./wave.ts";

/**
 * The control: kernels behind a front that keeps whoever has called as a session, under the parts of the scope joined by `/` as they are. Of two who
 * give the same text, the second is served as the first.
 */
export function mistakenSessions(
  calls: readonly [Calls, Calls],
  { core, population }: Pick<Choosing, "core" | "population">,
): readonly [Calls, Calls] {
  const sessions = new Map<string, string>();

  function inSession(ctx: Context, account: string): Context {
    const { tenant } = ctx;
    const key = [tenant, account, population.roleOf(tenant)].join("/");
    const known = sessions.get(key) ?? tenant;
    sessions.set(key, known);
    return ctx.withTenant(known);
  }
  const accountOf = (ref: string | { readonly account: string }) =>
    typeof ref === "string" ? core.parseRef(ref).account : ref.account;

  const behindFront = (kernel: Calls): Calls => ({
    ...kernel,
    get: (ctx, request) => kernel.get(inSession(ctx, accountOf(request.ref)), request),
    getMany: (ctx, request) => kernel.getMany(inSession(ctx, accountOf(request.refs[0] ?? "")), request),
    list: (ctx, request) => kernel.list(inSession(ctx, request.accounts?.[0] ?? ""), request),
    act: (ctx, request) => kernel.act(inSession(ctx, accountOf(request.ref)), request),
    cached: (ctx, request) => kernel.cached(inSession(ctx, accountOf(request.ref)), request),
  });
  return [behindFront(calls[0]), behindFront(calls[1])];
}
