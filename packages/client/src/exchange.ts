import type { Context } from "@cloudlink/core";
import { type CallSubject, ClientCall } from "./client-call.ts";
import { type Connection, type OutgoingRequest, send } from "./connection.ts";
import { errorOfResponse, hasType } from "./failed-response.ts";
import type { Reader } from "./read/form.ts";
import { readJson } from "./response-body.ts";
import { mediaTypes } from "./wire/protocol.ts";

/** One request and its answer. */
export interface Exchange<Value> {
  readonly subject: CallSubject;
  /** What to send; made once the context is known to be one that is not over. @throws `invalid_argument`. */
  readonly request: () => OutgoingRequest;
  readonly read: Reader<Value>;
}

/** Done at once, and accepted: the two that an action is answered by. */
const goodStatuses: readonly number[] = [200, 202];

/** Makes one call. @throws what the server says, or why its answer did not come; see `Client`. */
export async function exchange<Value>(
  connection: Connection,
  caller: Context,
  { subject, request, read }: Exchange<Value>,
): Promise<Value> {
  const { settings, closing } = connection;
  using call = new ClientCall(caller, { ...subject, closing });
  try {
    call.ctx.throwIfDone();
    using ctx = call.step(settings.defaultTimeoutMs);
    const response = await send(connection, { call, ctx, request: request() });
    if (!goodStatuses.includes(response.status) || !hasType(response, mediaTypes.json)) {
      throw await errorOfResponse(connection, { call, ctx, response });
    }
    return read(await readJson(connection, { ctx, response, maxBytes: settings.maxAnswerBytes }));
  } catch (error) {
    throw call.failure(error);
  }
}
