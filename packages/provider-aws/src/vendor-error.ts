import { mentionsSecret } from "./secret-mentions.ts";

/** The part of an SDK's error that is read here. */
export interface VendorError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
  readonly errors?: unknown;
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown; readonly requestId?: unknown };
  readonly $response?: { readonly headers?: Readonly<Record<string, unknown>> };
  readonly cause?: unknown;
}

/**
 * What was thrown, without the words of it in which one of `secrets` stands. The peer may say anything, and it has seen the request.
 */
export function withoutSecrets(thrown: unknown, secrets: readonly string[]): VendorError {
  const error: VendorError = typeof thrown === "object" && thrown !== null ? thrown : {};
  const { name, message, code, address, port, errors, $fault, $metadata, $response, cause } = error;
  const clean = (text: unknown) => (typeof text === "string" && mentionsSecret(text, secrets) ? undefined : text);
  return {
    name: clean(name),
    message: clean(message),
    code: clean(code),
    address: clean(address),
    port,
    errors,
    $fault,
    ...($metadata !== undefined && { $metadata: { ...$metadata, requestId: clean($metadata.requestId) } }),
    ...($response !== undefined && { $response }),
    cause,
  };
}

/** Words parted by dots, as in `InvalidInstanceID.NotFound`: what else stands in a code's place comes from a broken answer. */
const codeForm = /^(?=.{3,80}$)[A-Za-z]\w*(?:\.\w+)*$/;

/** AWS's error code, or `undefined` where what answered did not give one as AWS does. */
export function vendorCode({ name, $fault, $metadata }: VendorError): string | undefined {
  if (typeof name !== "string" || !codeForm.test(name) || name === "Unknown") return undefined;
  // What the SDK's parser or Node threw has a name too, but nobody's fault.
  return $fault !== undefined && $metadata !== undefined ? name : undefined;
}

/** The HTTP status of the answer, if one came. */
export function httpStatus({ $metadata }: VendorError): number | undefined {
  return typeof $metadata?.httpStatusCode === "number" ? $metadata.httpStatusCode : undefined;
}

/** AWS's id of the request, for its support. */
export function vendorRequestId({ $metadata }: VendorError): string | undefined {
  const id = $metadata?.requestId;
  return typeof id === "string" && /^[\w.-]{1,80}$/.test(id) ? id : undefined;
}

/** How long the answer asks to wait, in whole seconds of its Retry-After. EC2 sends none; a gateway in between may. */
export function retryAfterMs({ $response }: VendorError): number | undefined {
  const header = $response?.headers?.["retry-after"];
  return typeof header === "string" && /^[1-9]\d{0,6}$/.test(header) ? Number(header) * 1_000 : undefined;
}

const NOT_REPEATED = "something that is not repeated here, because it may hold a secret";

/** On one line, well-formed, and without characters that nobody sees or that a terminal obeys. */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
}

/** A screen's worth. */
const MOST_WORDS = 500;

/** As long as a secret key, and longer than a UUID: what is as long may be a key, a token, or part of one. */
const opaque = /[A-Za-z0-9+/=_%-]{40}/;

/**
 * AWS's message, on one line and no longer than a screen. It ends before the encoded part that only `sts decode-authorization-message`
 * can read. A message that quotes something opaque is not repeated at all: it may be a signature, or a token of the request.
 */
export function vendorWords({ message }: VendorError): string {
  if (typeof message !== "string") return NOT_REPEATED;
  const [words = ""] = message.split("Encoded authorization failure message");
  const line = oneLine(words);
  const withoutNames = line.replace(/\barn:[\w-]+:[\w-]*:[\w-]*:\d*:[\w+=,.@:/*-]+/g, "");
  if (opaque.test(withoutNames)) return NOT_REPEATED;
  return line.length > MOST_WORDS ? `${line.slice(0, MOST_WORDS).toWellFormed()}…` : line || "nothing";
}

/** Codes of Node's for what went wrong on the way: of the system, of TLS, of the HTTP parser. */
const networkCodes =
  /^(E(?!RR_)[A-Z_0-9]{2,40}|ERR_(TLS|SSL)_\w{2,60}|ERR_STREAM_PREMATURE_CLOSE|HPE_\w{2,60}|\w{0,40}CERT\w{0,40}|UNABLE_TO_\w{2,40}|CRL_\w{2,40})$/;

/** How deep errors are looked into for a code. */
const DEEPEST = 4;

/** The error itself and what it wraps: the SDK wraps, and so does the error of a name with several addresses. */
function* errorsIn(error: VendorError, depth = 0): Generator<VendorError> {
  yield error;
  if (depth === DEEPEST) return;
  for (const inner of [error.cause, ...(Array.isArray(error.errors) ? error.errors.slice(0, DEEPEST) : [])]) {
    if (typeof inner === "object" && inner !== null) yield* errorsIn(inner, depth + 1);
  }
}

/** Node's code for what went wrong on the way. */
export function networkCode(error: VendorError): string | undefined {
  for (const { code, name } of errorsIn(error)) {
    if (typeof code === "string" && networkCodes.test(code)) return code;
    if (name === "TimeoutError" || name === "AbortError") return "ETIMEDOUT";
  }
  return undefined;
}

/** The address that did not answer, as Node writes it into the errors of `connect`: `127.0.0.1:4599`. */
export function networkAddress(error: VendorError): string | undefined {
  for (const { address, port } of errorsIn(error)) {
    if (typeof address !== "string" || !/^[\da-fA-F.:]{2,45}$/.test(address) || typeof port !== "number") continue;
    return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  }
  return undefined;
}
