import {
  type Answer,
  type CallStats,
  CloudLinkError,
  type Freshness,
  type ListProblem,
  type ManyAnswer,
  type Outcome,
  parseRef,
  type Ref,
  type ResourceState,
} from "@cloudlink/core";
import {
  amount,
  anyText,
  boolean,
  FormError,
  fieldsOf,
  listOf,
  object,
  oneOf,
  type Reader,
  text,
  tree,
  withDefault,
} from "./form.ts";

/** A canonical ref. */
export const readRef: Reader<Ref> = (form) => {
  try {
    return parseRef(text(form));
  } catch {
    throw new FormError("a ref");
  }
};

export const readTraceId: Reader<string> = (form) => {
  if (typeof form !== "string" || !/^[0-9a-f]{32}$/.test(form)) throw new FormError("a trace id");
  return form;
};

export const readStats: Reader<CallStats> = object({
  vendorCalls: amount,
  savedCalls: withDefault(amount, 0),
  retries: amount,
  durationMs: amount,
});

/** An error inside of an answer, revived and bounded. */
export const readError: Reader<CloudLinkError> = (form) => CloudLinkError.fromJSON(fieldsOf(form));

const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** RFC 3339 in UTC, as milliseconds since the epoch. */
const instant: Reader<number> = (form) => {
  const ms = typeof form === "string" && instantForm.test(form) ? Date.parse(form) : Number.NaN;
  if (Number.isNaN(ms)) throw new FormError("an instant");
  return ms;
};

const readFreshness: Reader<Freshness> = object(
  {
    source: oneOf("live", "memory", "redis", "event"),
    observedAt: instant,
    ageMs: amount,
    refreshing: withDefault(boolean, false),
  },
  { sourceLagMs: amount },
);

const value: Reader<unknown> = (form) => tree(fieldsOf(form));

const stateFields = { ref: readRef, value, view: text, freshness: readFreshness };

export const readState: Reader<ResourceState<unknown>> = object(stateFields);

export const readAnswer: Reader<Answer<unknown>> = object(
  { ...stateFields, traceId: readTraceId, stats: readStats },
  { native: tree },
);

const settled: Reader<Outcome<ResourceState<unknown>>> = (form) => {
  const { ok } = fieldsOf(form);
  if (ok === true) return Object.freeze({ ok, ...object({ ref: readRef, state: readState })(form) });
  if (ok === false) return Object.freeze({ ok, ...object({ ref: readRef, error: readError })(form) });
  throw new FormError("an outcome");
};

export const readManyAnswer: Reader<ManyAnswer<unknown>> = object({
  outcomes: listOf(settled),
  traceId: readTraceId,
  stats: readStats,
});

export const readListProblem: Reader<ListProblem> = object({
  provider: anyText,
  partition: anyText,
  account: anyText,
  region: anyText,
  error: readError,
});

/** What a line says at the end of a page. */
export const readEndOfPage = object({ traceId: readTraceId, stats: readStats }, { nextPageToken: text });
