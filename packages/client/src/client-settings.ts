import { CloudLinkError, type Context } from "@cloudlink/core";

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Header names and their values. */
export type HeaderFields = Readonly<Record<string, string>>;

/** What {@link createClient} takes. */
export interface ClientSettings {
  /**
   * Where the server is: `http://127.0.0.1:8080`, or below a path of a proxy's. It may not hold credentials, which end in logs: give them as headers.
   */
  readonly url: string;
  /** What requests are sent by; the `fetch` of the platform if left out. It has to end when its `signal` aborts. */
  readonly fetch?: Fetch;
  /**
   * Sent with every request, beside those of the protocol: a token, say. A function is asked before each request. Their values are in no error.
   */
  readonly headers?: HeaderFields | ((ctx: Context) => HeaderFields | Promise<HeaderFields>);
  /**
   * After what time, in milliseconds, a call is given up whose context has no deadline; of a list, each of its pages. 60,000 if left out, which
   * is longer than a server lets a call run that names no time. `Infinity` for never.
   */
  readonly defaultTimeoutMs?: number;
  /**
   * The most that is read of one answer, in bytes; of a list, of one of its pages, and of one resource in it. 64 MiB if left out: more
   * than the largest `getMany` brings, and what a process can hold.
   */
  readonly maxAnswerBytes?: number;
}

/** Settings that were checked, with defaults filled in. */
export interface CheckedSettings {
  /** Without a slash at the end. */
  readonly base: string;
  readonly fetch: Fetch;
  readonly headers: NonNullable<ClientSettings["headers"]>;
  readonly defaultTimeoutMs: number;
  readonly maxAnswerBytes: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_ANSWER_BYTES = 64 * 1024 * 1024;

/** @throws `invalid_argument` (`ErrInvalidSettings`). */
export function checkSettings(settings: ClientSettings): CheckedSettings {
  if (typeof settings !== "object" || settings === null) {
    throw invalidSettings("createClient takes settings: give it at least the url of the server.");
  }
  const {
    fetch = (url, init) => globalThis.fetch(url, init),
    headers = {},
    defaultTimeoutMs = DEFAULT_TIMEOUT_MS,
    maxAnswerBytes = DEFAULT_ANSWER_BYTES,
  } = settings;
  if (typeof fetch !== "function") throw invalidSettings("fetch is a function such as the platform's own.");
  if (typeof headers !== "function" && (typeof headers !== "object" || headers === null)) {
    throw invalidSettings("headers are names with their values, or a function that gives them.");
  }
  if (!(defaultTimeoutMs > 0)) throw invalidSettings("defaultTimeoutMs is a positive number of milliseconds.");
  if (!(maxAnswerBytes > 0)) throw invalidSettings("maxAnswerBytes is a positive number of bytes.");
  return { base: baseOf(settings.url), fetch, headers, defaultTimeoutMs, maxAnswerBytes };
}

/** The text is shown in no message: it may hold credentials, which is one of the mistakes. */
function baseOf(url: unknown): string {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) {
    throw invalidSettings("url is where the server is, such as http://127.0.0.1:8080.");
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw invalidSettings("url holds credentials, which would end in logs. Give them as headers.");
  }
  if (parsed.search !== "" || parsed.hash !== "") {
    throw invalidSettings("url ends with its path: leave out what begins with ? or #.");
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
}

function invalidSettings(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidSettings", message, origin: "caller" });
}
