import { invalid } from "./redis-client-settings.ts";

/** What the address of a Redis says. */
export interface RedisUrlParts {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
}

const USUAL_PORT = 6379;

/**
 * Takes an address apart. ioredis would, too, but what follows a `?` there is any of its options, and nothing tells what was misspelt.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`), with nothing of the address in its message
 */
export function parseRedisUrl(text: string): RedisUrlParts {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "redis:" && url.protocol !== "rediss:") || url.hostname === "") {
    throw invalid("takes as url redis://host:port, or rediss://host:port for TLS");
  }
  if (url.search !== "" || url.hash !== "")
    throw invalid("takes no parameters in its url; leave out what follows ? or #");
  const [, database] = /^\/?(\d{0,9})$/.exec(url.pathname) ?? [];
  if (database === undefined) throw invalid("takes as path of its url the number of a database, such as /0, or none");
  return {
    // An IPv6 address stands in brackets.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? USUAL_PORT : Number(url.port),
    isTls: url.protocol === "rediss:",
    ...(url.username !== "" && { username: decoded(url.username) }),
    ...(url.password !== "" && { password: decoded(url.password) }),
    ...(database !== "" && { db: Number(database) }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("takes user and password of its url percent-encoded: a % in one is %25");
  }
}
