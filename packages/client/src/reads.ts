import type { Answer, Context, Kind, ManyAnswer, ValueOf } from "@cloudlink/core";
import type { GetManyRequest, GetRequest } from "@cloudlink/core/calls";
import { checkRef, keyOf } from "./check-answer.ts";
import { checkRequest, invalidRequest, refText } from "./check-request.ts";
import type { Connection } from "./connection.ts";
import { exchange } from "./exchange.ts";
import { FormError } from "./read/form.ts";
import { readAnswer, readManyAnswer } from "./read/resource-state.ts";
import { paths } from "./wire/protocol.ts";

/** See `Calls.get`. */
export async function get<K extends Kind>(
  connection: Connection,
  ctx: Context,
  request: GetRequest<K>,
): Promise<Answer<ValueOf<K>>> {
  checkRequest("get", ctx, request);
  const { kind, ref, maxAgeMs, view, native } = request;
  const answer = await exchange(connection, ctx, {
    subject: { operation: "get", ref: keyOf(ref) },
    request() {
      const query = new URLSearchParams({ ref: refText(ref), kind: kind.name });
      if (view !== undefined) query.set("view", view);
      if (maxAgeMs !== undefined) query.set("maxAgeMs", String(wholeAge(maxAgeMs)));
      if (native !== undefined) query.set("native", String(native));
      return { path: paths.resource, query };
    },
    read(form) {
      const read = readAnswer(form);
      checkRef(read, { ref, kind });
      return read;
    },
  });
  return answer as Answer<ValueOf<K>>;
}

/** See `Calls.getMany`. */
export async function getMany<K extends Kind>(
  connection: Connection,
  ctx: Context,
  request: GetManyRequest<K>,
): Promise<ManyAnswer<ValueOf<K>>> {
  checkRequest("getMany", ctx, request);
  const { kind, refs, maxAgeMs, view } = request;
  const answer = await exchange(connection, ctx, {
    subject: { operation: "getMany" },
    request() {
      if (!Array.isArray(refs)) throw invalidRequest("refs is a list of refs. Write one in brackets, too.");
      const body = {
        kind: kind.name,
        refs: refs.map(refText),
        ...(view !== undefined && { view }),
        ...(maxAgeMs !== undefined && { maxAgeMs: wholeAge(maxAgeMs) }),
      };
      return { path: paths.getMany, body };
    },
    read(form) {
      const read = readManyAnswer(form);
      if (read.outcomes.length !== refs.length) throw new FormError("an outcome per ref");
      for (const [index, outcome] of read.outcomes.entries()) {
        checkRef(outcome, { ref: refs[index], kind });
        if (outcome.ok) checkRef(outcome.state, { ref: outcome.ref, kind });
      }
      return read;
    },
  });
  return answer as ManyAnswer<ValueOf<K>>;
}

/** An age as it is sent: whole, the next younger one, and no more than can be sent. What is no age is left for the server to refuse. */
function wholeAge(maxAgeMs: number): number {
  return maxAgeMs >= 0 ? Math.min(Number.MAX_SAFE_INTEGER, Math.floor(maxAgeMs)) : maxAgeMs;
}
