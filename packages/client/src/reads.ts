import type { Answer, Context, Kind, ManyAnswer, ValueOf } from "@cloudlink/core";
import type { FreshnessRequest, GetManyRequest, GetRequest } from "@cloudlink/core/calls";
import { checkRef, keyOf } from "./check-answer.ts";
import { checkRequest, invalidRequest, refText } from "./check-request.ts";
import type { Connection } from "./connection.ts";
import { exchange } from "./exchange.ts";
import { FormError } from "./read/form.ts";
import { readAnswer, readManyAnswer } from "./read/resource-state.ts";
import { paths } from "./wire/protocol.ts";
import { wholeAge } from "./wire/whole-age.ts";

/** See `Calls.get`. */
export async function get<K extends Kind>(
  connection: Connection,
  ctx: Context,
  request: GetRequest<K>,
): Promise<Answer<ValueOf<K>>> {
  checkRequest("get", ctx, request);
  const { kind, ref, view, native } = request;
  const answer = await exchange(connection, ctx, {
    subject: { operation: "get", ref: keyOf(ref) },
    request() {
      const query = new URLSearchParams({ ref: refText(ref), kind: kind.name });
      if (view !== undefined) query.set("view", view);
      for (const [name, ageMs] of Object.entries(ages(request))) query.set(name, String(ageMs));
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
  const { kind, refs, view } = request;
  const answer = await exchange(connection, ctx, {
    subject: { operation: "getMany" },
    request() {
      if (!Array.isArray(refs)) throw invalidRequest("refs is a list of refs. Write one in brackets, too.");
      const body = {
        kind: kind.name,
        refs: refs.map(refText),
        ...(view !== undefined && { view }),
        ...ages(request),
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

/** How old the answer may be, as it is sent. */
function ages({ maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs }: FreshnessRequest): FreshnessRequest {
  return {
    ...(maxAgeMs !== undefined && { maxAgeMs: wholeAge(maxAgeMs) }),
    ...(staleWhileRevalidateMs !== undefined && { staleWhileRevalidateMs: wholeAge(staleWhileRevalidateMs) }),
    ...(staleIfErrorMs !== undefined && { staleIfErrorMs: wholeAge(staleIfErrorMs) }),
  };
}
