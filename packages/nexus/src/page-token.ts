import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { CloudLinkError } from "@cloudlink/core";

/** Version of what is in a token; one of another version is refused. */
const VERSION = 1;

/** How far each part of a list has come: a cursor, or `null` for a part that is at its end. Parts that are not named have not begun. */
export type ListPosition = Readonly<Record<string, string | null>>;

/** What a token is bound to: it goes on with nothing else. */
export interface PageTokenBinding {
  readonly tenant: string;
  /** Everything of the request that a list's outcome depends on, in one text. */
  readonly request: string;
}

/** Makes and reads the tokens by which a list is gone on with. They are authenticated, not secret. */
export interface PageTokens {
  issue(position: ListPosition, binding: PageTokenBinding): string;
  /** @throws `invalid_argument` (`ErrInvalidPageToken`) for a token that was altered, is of another version, or belongs elsewhere. */
  read(token: string, binding: PageTokenBinding): ListPosition;
}

/** Tokens longer than this are refused unread. A position of 10,000 parts takes about 160 KB. */
const LONGEST_TOKEN = 4 * 1024 * 1024;

/** What a token may become when it is unpacked: a hundred times what those 10,000 parts take. */
const LONGEST_POSITION = 100 * 1024 * 1024;

export function createPageTokens(key: Uint8Array = randomBytes(32)): PageTokens {
  const sign = (body: string, { tenant, request }: PageTokenBinding) =>
    // As a JSON array, no tenant and request can be cut another way to give the same text. It says what the token is for:
    // the same key may come to authenticate other kinds of token.
    createHmac("sha256", key)
      .update(JSON.stringify(["page", VERSION, tenant, request, body]))
      .digest("base64url");
  return {
    issue(position, binding) {
      // Packed, because the keys of a thousand parts are much alike, and tokens travel in URLs.
      const body = deflateRawSync(JSON.stringify(position)).toString("base64url");
      return `${VERSION}.${body}.${sign(body, binding)}`;
    },
    read(token, binding) {
      const isText = typeof token === "string" && token.length <= LONGEST_TOKEN;
      const [version, body, signature, ...rest] = isText ? token.split(".", 4) : [];
      const isWhole = version === String(VERSION) && body !== undefined && signature !== undefined && rest.length === 0;
      if (!isWhole || !equal(signature, sign(body, binding))) throw invalidToken();
      const position = inflateRawSync(Buffer.from(body, "base64url"), { maxOutputLength: LONGEST_POSITION });
      return JSON.parse(position.toString()) as ListPosition;
    },
  };
}

function equal(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left);
  const rightBytes = Buffer.from(right);
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}

function invalidToken(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidPageToken",
    message:
      "The page token is not one of this list's: it was altered, or made for another tenant, request, version or key. List again from the start.",
    origin: "caller",
  });
}
