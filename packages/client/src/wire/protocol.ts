/** Paths of the API, below the server's URL. */
export const paths = {
  resource: "/v1/resource",
  resources: "/v1/resources",
  getMany: "/v1/resources/get-many",
  cache: "/v1/cache",
  cachedResource: "/v1/cache/resource",
  invalidate: "/v1/cache/invalidate",
  actions: "/v1/actions",
  operations: "/v1/operations",
  kinds: "/v1/kinds",
  providers: "/v1/providers",
} as const;

/** Headers of the API beside the standard ones, in lower case. */
export const headerNames = {
  /** How long the caller waits, in whole milliseconds from when the request arrives. */
  timeout: "x-cloudlink-timeout-ms",
  /** Names the wish behind an action; see `ActRequest.idempotencyKey` of `@cloudlink/core/calls`. (draft-ietf-httpapi-idempotency-key-header) */
  idempotencyKey: "idempotency-key",
  /** W3C Trace Context. */
  traceparent: "traceparent",
  tracestate: "tracestate",
} as const;

/** Media types of the API. */
export const mediaTypes = {
  json: "application/json",
  /** RFC 9457. */
  problem: "application/problem+json",
  /** A list as a stream: one JSON value a line. */
  lines: "application/x-ndjson",
} as const;
