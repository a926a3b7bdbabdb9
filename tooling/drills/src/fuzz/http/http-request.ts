import { REGION } from "@cloudlink/measure";
import fc from "fast-check";
import { type ByteChange, byteChange, changeBytes } from "../mutation.ts";

/** A request before it is written down. */
export interface HttpInput {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** What is done to the bytes of it, when it is written down. */
  readonly changes: readonly ByteChange[];
}

/** What is not well-formed, or should mean nothing, in a path, a query, a header or a text of JSON. */
const hostile = fc.oneof(
  fc.constantFrom(
    ...[
      "",
      "0",
      "-1",
      "1e400",
      "NaN",
      "null",
      "true",
      "undefined",
      "__proto__",
      "constructor",
      "toString",
      "[object Object]",
    ],
    ...[
      "%",
      "%zz",
      "%00",
      "%c0%af",
      "%ed%a0%80",
      "%ff",
      "%252e",
      "..",
      "../../etc/passwd",
      "//",
      "\\",
      ";",
      "#",
      "?",
      "&",
      "=",
    ],
    ...["a=b=c", "__proto__=1", "constructor.prototype.x=1", "powerState=nope", "{{1}}", "<script>", "' or 1=1", "*"],
    ...["9".repeat(400), "A".repeat(5_000), "%41".repeat(3_000), "/".repeat(2_000), "é", "\u0000", "\ud800", "🙂"],
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ maxLength: 30 }),
);

/** JSON as no caller means it, written by hand: much of it no writer of JSON would make. */
const hostileJson = fc.oneof(
  fc.constantFrom(
    ...["", "null", "[]", "{}", "0", '""', "{", "[", '"', "nul", "01", "1e999", "-", "{,}", '{"a":1,}', "\ufeff{}"],
    ...['{"__proto__":{"polluted":"yes"}}', '{"constructor":{"prototype":{"polluted":"yes"}}}', '{"a":1,"a":2}'],
    ...['{"\\u005f_proto__":{"polluted":"yes"}}', '"\\ud800"', '"\\x"', "[".repeat(20_000), '{"a":'.repeat(20_000)],
    ...[
      `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
      `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`,
      `"${"A".repeat(400_000)}"`,
      `"${"\\\\".repeat(200_000)}"`,
    ],
    `{${Array.from({ length: 5_000 }, (_, index) => `"k${index}":0`).join(",")}}`,
  ),
  fc.json({ maxDepth: 4 }),
);

const target = (known: Known) => {
  const parameters = [
    "ref",
    "kind",
    "view",
    "maxAgeMs",
    "staleWhileRevalidateMs",
    "staleIfErrorMs",
    "native",
    "account",
    "region",
    "provider",
    "where",
    "tag",
    "pageSize",
    "pageToken",
  ];
  const right = [
    known.ref,
    "compute.VirtualMachine",
    "standard",
    "0",
    "true",
    "111111111111",
    REGION,
    "powerState=running",
    "5",
  ];
  const value = fc.oneof(fc.constantFrom(...right), hostile);
  const encoded = fc.tuple(value, fc.boolean()).map(([text, isRaw]) => (isRaw ? text : encode(text)));
  const pair = fc.tuple(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...parameters) }, hostile), encoded);
  const query = fc
    .array(pair, { maxLength: 6 })
    .map((pairs) => pairs.map(([name, text]) => `${name}=${text}`).join("&"));
  const path = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ...["/v1/resource", "/v1/resources", "/v1/resources/get-many", "/v1/actions", "/v1/kinds", "/v1/providers"],
        ...["/v1/cache", "/v1/cache/resource", "/v1/cache/invalidate"],
        ...[
          "/v1/kinds/compute.VirtualMachine",
          `/v1/operations/${known.token}`,
          "/openapi.json",
          "/docs",
          "/healthz",
          "/readyz",
        ],
      ),
    },
    hostile.map((text) => `/v1/kinds/${text}`),
    hostile.map((text) => `/v1/operations/${encode(text)}`),
    hostile.map((text) => `/v1/${text}`),
    hostile,
  );
  return fc.tuple(path, query).map(([before, after]) => (after === "" ? before : `${before}?${after}`));
};

/** What the input is made around: so that some of it is taken. */
export interface Known {
  readonly ref: string;
  readonly token: string;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

const header = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      ...[
        "accept",
        "idempotency-key",
        "traceparent",
        "tracestate",
        "x-cloudlink-timeout-ms",
        "origin",
        "sec-fetch-site",
      ],
      ...[
        "content-encoding",
        "content-length",
        "transfer-encoding",
        "expect",
        "upgrade",
        "connection",
        "host",
        "range",
      ],
      ...["if-none-match", "cache-control", "cookie", "content-type", "__proto__", "constructor"],
    ),
    fc.oneof(
      hostile,
      fc.constantFrom(
        "application/x-ndjson",
        "chunked",
        "100-continue",
        "websocket",
        "close",
        "gzip",
        "1",
        "text/html;q=2",
        ...["*", 'W/"a", "b', "no-cache", 'max-age="60", stale-if-error=60'],
      ),
    ),
  ),
  fc.tuple(fc.stringMatching(/^[A-Za-z-]{1,20}$/), hostile),
  fc.tuple(hostile, hostile),
);

const headers = fc.oneof(
  { weight: 20, arbitrary: fc.array(header, { maxLength: 4 }) },
  fc.constant(Array.from({ length: 250 }, (_, index) => [`x-${index}`, "1"] as [string, string])),
  fc.constant([["x-long", "A".repeat(140_000)] as [string, string]]),
);

const bodies = (known: Known) =>
  fc.oneof(
    hostileJson,
    fc
      .tuple(
        fc.constantFrom<readonly (readonly [string, string])[]>(
          [
            ["kind", '"compute.VirtualMachine"'],
            ["refs", `["${known.ref}"]`],
          ],
          [
            ["ref", `"${known.ref}"`],
            ["action", '"reboot"'],
            ["dryRun", "true"],
          ],
          [
            ["ref", `"${known.ref}"`],
            ["action", '"stop"'],
          ],
          [
            ["ref", `"${known.ref}"`],
            ["account", '"111111111111"'],
            ["tags", '{"env":"prod"}'],
          ],
        ),
        fc.nat(3),
        hostileJson,
        fc.constantFrom("keep", "value", "key", "more"),
      )
      .map(([fields, at, json, how]) => {
        const changed = fields.map(([name, value], index): readonly [string, string] => {
          if (index !== at % fields.length || how === "keep" || how === "more") return [name, value];
          return how === "value" ? [name, json] : ["__proto__", value];
        });
        const more = how === "more" ? [["__proto__", json] as const] : [];
        return `{${[...changed, ...more].map(([name, value]) => `"${name}":${value}`).join(",")}}`;
      }),
  );

/** A request that is taken as it is, so that what is changed about it is what matters. */
const right = (known: Known) => {
  const ref = encode(known.ref);
  const get = (path: string) => ({ method: "GET", target: path, body: "" });
  const post = (path: string, body: unknown) => ({ method: "POST", target: path, body: JSON.stringify(body) });
  const kind = "compute.VirtualMachine";
  return fc.constantFrom(
    get(`/v1/resource?ref=${ref}`),
    get(`/v1/resource?ref=${ref}&view=health&native=true`),
    get(`/v1/resource?ref=${ref}&maxAgeMs=60000&staleWhileRevalidateMs=60000&staleIfErrorMs=60000`),
    get(`/v1/resources?kind=${kind}&account=111111111111&pageSize=5`),
    get(`/v1/resources?kind=${kind}&where=powerState=running&pageSize=5`),
    get(`/v1/operations/${known.token}`),
    get("/v1/cache"),
    get(`/v1/cache/resource?ref=${ref}&kind=${kind}`),
    get("/v1/kinds"),
    get(`/v1/kinds/${kind}`),
    post("/v1/resources/get-many", { kind, refs: [known.ref, known.ref] }),
    post("/v1/cache/invalidate", { ref: known.ref, kind, tags: { env: "prod" } }),
    post("/v1/actions", { ref: known.ref, action: "reboot", dryRun: true }),
    post("/v1/actions", { ref: known.ref, action: "stop" }),
  );
};

const piece = fc.constantFrom("\r\n", "\n", "\r\n\r\n", ": ", " HTTP/1.1", "\0", "%", "{", '"__proto__":');
const noise = (maxLength: number) => fc.array(byteChange(piece, { mostTimes: 3 }), { minLength: 1, maxLength });

/** Half of them a right request that a header or a change of some bytes is put into, half of them anything. */
export function httpInputs(known: Known): fc.Arbitrary<HttpInput> {
  const nearlyRight = fc
    .tuple(right(known), fc.oneof(fc.tuple(fc.constant([]), noise(1)), fc.tuple(headers, fc.constant([]))))
    .map(([request, [given, changes]]) => ({ ...request, headers: given, changes }));
  const anything = fc.record({
    method: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom("GET", "GET", "POST", "POST", "HEAD") },
      fc.constantFrom("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PRI", "get", "", "G\u0000T"),
    ),
    target: target(known),
    headers,
    body: fc.oneof(fc.constant(""), bodies(known)),
    changes: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, noise(2)),
  });
  return fc.oneof(nearlyRight, anything);
}

/** The input as it goes over the wire, complete but for what was changed: where it says nothing else, with the right length of its body. */
export function wireForm({ method, target, headers: given, body, changes }: HttpInput): Buffer {
  const says = (name: string) => given.some(([each]) => each.toLowerCase() === name);
  const bytes = Buffer.from(body);
  const own: [string, string][] = [["host", "127.0.0.1"]];
  if (bytes.length > 0 && !says("content-type")) own.push(["content-type", "application/json"]);
  if (bytes.length > 0 && !says("content-length") && !says("transfer-encoding"))
    own.push(["content-length", String(bytes.length)]);
  const head = [
    `${method} ${target} HTTP/1.1`,
    ...[...own, ...given].map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ];
  const whole = Buffer.concat([Buffer.from(head.join("\r\n")), bytes]);
  return changes.reduce<Buffer>(changeBytes, whole);
}
