import { createHmac, timingSafeEqual } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** What tokens of one sort have in common. */
export interface SignedTokenSettings {
  readonly key: Uint8Array;
  /** What the tokens are for: one that was made for something else is not taken, though the key is the same. */
  readonly purpose: string;
  /** Version of the payload; a token of another one is not taken. */
  readonly version: number;
  /** In characters; longer ones are not looked at. */
  readonly longestToken: number;
  /** What a payload may become when it is unpacked, in bytes. */
  readonly longestPayload: number;
}

/** Makes and reads tokens that leave the kernel. They are authenticated, not secret. */
export interface SignedTokens<Payload> {
  /** @param bound - what the token is good for beside its purpose: its tenant first. It is not in the token. */
  issue(payload: Payload, bound: readonly string[]): string;
  /** The payload, or `undefined` for a token that was altered, or made for something else. */
  read(token: string, bound: readonly string[]): Payload | undefined;
}

/** Tokens `version.payload.signature`: the payload is packed JSON, because tokens travel in URLs and their parts are much alike. */
export function createSignedTokens<Payload>(settings: SignedTokenSettings): SignedTokens<Payload> {
  const { key, purpose, version, longestToken, longestPayload } = settings;
  const sign = (body: string, bound: readonly string[]) =>
    // As a JSON array, what is bound cannot be cut another way to give the same text.
    createHmac("sha256", key)
      .update(JSON.stringify([purpose, version, ...bound, body]))
      .digest("base64url");
  return {
    issue(payload, bound) {
      const body = deflateRawSync(JSON.stringify(payload)).toString("base64url");
      return `${version}.${body}.${sign(body, bound)}`;
    },
    read(token, bound) {
      const isText = typeof token === "string" && token.length <= longestToken;
      const [itsVersion, body, signature, ...rest] = isText ? token.split(".", 4) : [];
      const isWhole =
        itsVersion === String(version) && body !== undefined && signature !== undefined && rest.length === 0;
      if (!isWhole || !equal(signature, sign(body, bound))) return undefined;
      const packed = inflateRawSync(Buffer.from(body, "base64url"), { maxOutputLength: longestPayload });
      return JSON.parse(packed.toString()) as Payload;
    },
  };
}

function equal(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left);
  const rightBytes = Buffer.from(right);
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
