import { isProviderName, quote } from "@cloudlink/core";
import semver, { type Range } from "semver";
import { invalidRequest } from "./registry-error.ts";

/** Which provider is meant: a name, and the versions that will do. */
export interface ProviderSpec {
  readonly name: string;
  readonly range: Range;
}

/** What a name alone asks for: every stable version. */
const ANY_STABLE = "*";

/** Longer ranges are refused before they are looked at. The longest version alone has 256 characters. */
const LONGEST_RANGE = 512;

/** Reads `aws` or `aws@^1.2`. @throws `invalid_argument` (`ErrInvalidRequest`). */
export function parseProviderSpec(spec: string): ProviderSpec {
  const text = typeof spec === "string" ? spec : "";
  const at = text.indexOf("@");
  const name = at === -1 ? text : text.slice(0, at);
  if (!isProviderName(name)) {
    throw invalidRequest(
      `${quote(text)} names no provider. Write a name, or a name and a semver range, such as aws@^1.2.`,
    );
  }
  return { name, range: at === -1 ? parseRange(undefined) : parseRange(text.slice(at + 1)) };
}

/** Reads a semver range as npm does; left out, every stable version. @throws `invalid_argument` (`ErrInvalidRequest`). */
export function parseRange(range: string | undefined): Range {
  const text = range ?? ANY_STABLE;
  // The semver package takes "" for "*", which in "aws@" is a slip and not a wish.
  const sound = typeof text === "string" && text.trim() !== "" && text.length <= LONGEST_RANGE;
  if (!sound || semver.validRange(text) === null) {
    throw invalidRequest(
      `${quote(text)} is not a semver range. Write a version or a range, such as 1.2.3, ^1.2 or >=1.2 <3.`,
    );
  }
  return new semver.Range(text);
}
