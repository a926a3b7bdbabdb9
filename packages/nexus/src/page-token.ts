import { CloudLinkError } from "@cloudlink/core";
import { createSignedTokens } from "./signed-token.ts";

/** How far each part of a list has come: a cursor, or `null` for a part that is at its end. Parts that are not named have not begun. */
export type ListPosition = Readonly<Record<string, string | null>>;

/** What a token is bound to: it goes on with nothing else. */
export interface PageTokenBinding {
  readonly tenant: string;
  /** Everything of the request that a list's outcome depends on, in one text. */
  readonly request: string;
}

/** Makes and reads the tokens by which a list is gone on with. */
export interface PageTokens {
  issue(position: ListPosition, binding: PageTokenBinding): string;
  /** @throws `invalid_argument` (`ErrInvalidPageToken`) for a token that was altered, is of another version, or belongs elsewhere. */
  read(token: string, binding: PageTokenBinding): ListPosition;
}

export function createPageTokens(key: Uint8Array): PageTokens {
  const tokens = createSignedTokens<ListPosition>({
    key,
    purpose: "page",
    version: 1,
    // A position of 10,000 parts takes about 160 KB.
    longestToken: 4 * 1024 * 1024,
    // A hundred times what those 10,000 parts take.
    longestPayload: 100 * 1024 * 1024,
  });
  return {
    issue: (position, { tenant, request }) => tokens.issue(position, [tenant, request]),
    read(token, { tenant, request }) {
      const position = tokens.read(token, [tenant, request]);
      if (position !== undefined) return position;
      throw new CloudLinkError({
        reason: "ErrInvalidPageToken",
        message:
          "The page token is not one of this list's: it was altered, or made for another tenant, request, version or key. List again from the start.",
        origin: "caller",
      });
    },
  };
}
