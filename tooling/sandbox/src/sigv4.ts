import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

/** An HTTP request as its signature sees it. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as they came, `/` at least. */
  readonly target: string;
  /** Names and values in turn, as `IncomingMessage.rawHeaders` has them. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array | string;
}

/** The day, region and service that a signature is good for. */
export interface SigningScope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** The one algorithm of Signature Version 4 with a secret key. */
export const ALGORITHM = "AWS4-HMAC-SHA256";

/**
 * The signature of a request, in hexadecimal (IAM User Guide, "Create a signed AWS API request").
 *
 * @param on.amzDate - `YYYYMMDDThhmmssZ`, as the request says it.
 * @param on.signedHeaders - in lower case, in the order of the Authorization header.
 */
export function signatureOf(
  request: HttpRequest,
  on: {
    readonly key: KeyObject;
    readonly scope: SigningScope;
    readonly amzDate: string;
    readonly signedHeaders: readonly string[];
  },
): string {
  const { date, region, service } = on.scope;
  const digest = hash("sha256", canonicalRequestOf(request, on.signedHeaders));
  const stringToSign = `${ALGORITHM}\n${on.amzDate}\n${date}/${region}/${service}/aws4_request\n${digest}`;
  return createHmac("sha256", on.key).update(stringToSign).digest("hex");
}

/** The key that a secret makes for one scope; an HMAC with a key object costs a seventh of one with its bytes. */
export function signingKeyOf(secretAccessKey: string, { date, region, service }: SigningScope): KeyObject {
  const key = [date, region, service, "aws4_request"].reduce(
    (before: Buffer, part) => createHmac("sha256", before).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  return createSecretKey(key);
}

function canonicalRequestOf(request: HttpRequest, signedHeaders: readonly string[]): string {
  const { method, target, body } = request;
  const question = target.indexOf("?");
  const path = question === -1 ? target : target.slice(0, question);
  const query = question === -1 ? "" : target.slice(question + 1);
  const headers = canonicalHeaders(request.rawHeaders, signedHeaders);
  return `${method}\n${canonicalPath(path)}\n${canonicalQuery(query)}\n${headers}\n${signedHeaders.join(";")}\n${hash("sha256", body)}`;
}

/** Dot segments and doubled slashes out, then every byte that is not unreserved escaped, an escape's `%` too: all services but S3. */
function canonicalPath(path: string): string {
  if (path === "/" || path === "") return "/";
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(percentEncode(segment));
  }
  const trailing = path.endsWith("/") && kept.length > 0 ? "/" : "";
  return `/${kept.join("/")}${trailing}`;
}

/** Names and values escaped alike whatever escaping they came with, in the order of their bytes. */
function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query.split("&").filter((pair) => pair !== "");
  return pairs
    .map((pair): [string, string] => {
      const equals = pair.indexOf("=");
      const [name, value] = equals === -1 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [percentEncode(percentDecode(name)), percentEncode(percentDecode(value))];
    })
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function canonicalHeaders(rawHeaders: readonly string[], signedHeaders: readonly string[]): string {
  const values = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const raw = rawHeaders[index + 1] ?? "";
    const value = /^\s|\s$|\s\s/.test(raw) ? raw.trim().replace(/\s+/g, " ") : raw;
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  let lines = "";
  for (const name of signedHeaders) lines += `${name}:${values.get(name) ?? ""}\n`;
  return lines;
}

/** RFC 3986: everything but letters, digits and `-._~` as `%XX`. */
function percentEncode(text: string): string {
  if (!/[^\w.~-]/.test(text)) return text;
  // Half a surrogate pair is no text; it becomes U+FFFD, as an encoder of UTF-8 makes of it.
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
