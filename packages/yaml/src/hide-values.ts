import { REDACTED } from "@cloudlink/core";

/** Shorter values are words of any message rather than secrets; taking them out would leave no message. */
const SHORTEST_HIDDEN = 4;

/** What {@link hideValues} takes. */
export interface HideRequest {
  /** What somebody else's code says of `value`. */
  readonly message: string;
  readonly value: unknown;
}

/**
 * A message without the values that it is about: some schema libraries repeat what they refuse, and settings may hold secrets. Every text,
 * number and boolean in `value`, to any depth, is replaced where the message has it; those of fewer than four characters are left.
 */
export function hideValues({ message, value }: HideRequest): string {
  // The longest first: a value that begins like another would leave its end behind.
  const leaves = [...leavesOf(value)].filter((leaf) => leaf.length >= SHORTEST_HIDDEN);
  leaves.sort((one, other) => other.length - one.length);
  return leaves.reduce((hidden, leaf) => hidden.replaceAll(leaf, () => REDACTED), message);
}

function* leavesOf(value: unknown): Generator<string> {
  const open = [value];
  const seen = new Set<unknown>();
  for (let index = 0; index < open.length; index++) {
    const next = open[index];
    if (typeof next === "object" && next !== null) {
      if (!seen.has(next)) open.push(...Object.values(next));
      seen.add(next);
    } else if (next !== undefined) yield String(next);
  }
}
