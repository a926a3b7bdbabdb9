import type { Context, Kind } from "@cloudlink/core";
import type { Calls } from "@cloudlink/core/calls";
import type { ProviderDescription } from "./wire/provider.ts";

/**
 * The client of a CloudLink server: the calls of a kernel, made elsewhere.
 *
 * What it gives and throws is what a kernel in this process gives and throws, with the trace id and the stats of the server's call, and with
 * a `native` body as JSON has it: instants in it are texts. Beside that, every call may reject with
 * - `unavailable` (`ErrServerUnavailable`): the server could not be reached, its answer was cut off, or something before it answered;
 * - `internal` (`ErrMalformedResponse`): what answered is no such server, or its answer is not of the form.
 *
 * On errors of actions `effect` is `none` where the request never left or the server refused it, and `unknown` where what became of it is.
 *
 * It tries nothing again by itself: the server's kernel has done what can be done. A program that does should give its actions an
 * idempotency key.
 *
 * The context's deadline and trace travel with the call, and canceling it cancels the server's. Its tenant does not travel: whose call it
 * is, the server knows.
 */
export interface Client extends Calls, AsyncDisposable {
  /** Every kind that the server's providers serve. Their schemas are asked for when they are loaded. */
  kinds(ctx: Context): Promise<readonly Kind[]>;
  /** The kind of that name, with its schema. @throws `invalid_argument` (`ErrUnknownKind`) that lists the kinds there are. */
  kind(ctx: Context, name: string): Promise<Kind>;
  /** What the server's providers say of themselves. */
  providers(ctx: Context): Promise<readonly ProviderDescription[]>;
  /** Cancels what still runs. Later calls reject with `canceled`. `await using` calls it at the end of a block. */
  close(): Promise<void>;
}
