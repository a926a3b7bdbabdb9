import { createHash } from "node:crypto";
import type { AnswerForm } from "@cloudlink/client/wire";

/**
 * The entity tag of an answer: the same for the same state of the same resource, in every process. It is a weak one (RFC 9110, 8.8.1), since
 * freshness, stats and trace of the answer are others each time, and are not of the state.
 */
export function entityTagOf({ ref, view, value, native }: AnswerForm): string {
  const digest = createHash("sha256").update(canonicalJson({ ref, view, value, native })).digest("base64url");
  return `W/"${digest}"`;
}

/** JSON with the names of each object in one order, whatever order a provider or another process has them in. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

/** An entity tag (RFC 9110, 8.8.3). */
const entityTag = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/**
 * Whether the header `If-None-Match` names that tag, so that the caller has the answer already (RFC 9110, 13.1.2). Tags are compared weakly, and `*`
 * is any.
 */
export function isNamedBy(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const opaque = tag.replace(/^W\//, "");
  return [...ifNoneMatch.matchAll(entityTag)].some(([, each]) => each === opaque);
}
