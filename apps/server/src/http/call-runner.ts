import type { Context } from "@cloudlink/core";
import type { FastifyRequest } from "fastify";
import type { Admission } from "./admission.ts";
import { type CallBounds, contextOf } from "./call-context.ts";
import type { Exchange } from "./exchange.ts";
import type { Exchanges } from "./exchanges.ts";

/** Runs the calls that requests ask for: bounded in number and time, and ended when nobody waits for them any more. */
export class CallRunner {
  readonly #exchanges: Exchanges;
  readonly #admission: Admission;
  readonly #bounds: CallBounds;

  constructor(settings: { exchanges: Exchanges; admission: Admission; bounds: CallBounds }) {
    this.#exchanges = settings.exchanges;
    this.#admission = settings.admission;
    this.#bounds = settings.bounds;
  }

  async run<Result>(
    request: FastifyRequest,
    call: (ctx: Context, exchange: Exchange) => Promise<Result>,
  ): Promise<Result> {
    const exchange = this.#exchanges.of(request.raw);
    const ctx = contextOf(request, { exchange, bounds: this.#bounds });
    using _place = this.#admission.enter();
    exchange.hasCalled = true;
    return await call(ctx, exchange);
  }
}
