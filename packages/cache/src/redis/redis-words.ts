import { type Invalidation, readInvalidation } from "../shared/invalidation.ts";
import type { LoggedInvalidation, StoreLease, StoreWord } from "../shared/shared-store.ts";

/** A word as it is published. */
type Published =
  | { readonly type: "invalidated"; readonly by: string; readonly invalidation: object }
  | { readonly type: "logged"; readonly entry: PublishedEntry }
  | ({ readonly type: "ended" } & StoreLease);

interface PublishedEntry {
  readonly position: number;
  readonly previous: number;
  readonly invalidation: { readonly by: string; readonly what: object };
}

/** An entry of the log; the first ever is there for its position alone. */
export type LogEntry = LoggedInvalidation | Omit<LoggedInvalidation, "invalidation">;

export function isInvalidation(entry: LogEntry): entry is LoggedInvalidation {
  return "invalidation" in entry;
}

const everything: Invalidation = { type: "selection", selection: {} };

export function endedWord({ ref, holder }: StoreLease): string {
  return JSON.stringify({ type: "ended", ref, holder } satisfies Published);
}

/** The word of an invalidation of one resource. @param text - of the invalidation. */
export function invalidatedWord(text: string, by: string): string {
  return `{"type":"invalidated","by":${JSON.stringify(by)},"invalidation":${text}}`;
}

/** What an entry of the log has for an invalidation. @param text - of the invalidation. */
export function loggedInvalidation(text: string, by: string): string {
  return `{"by":${JSON.stringify(by)},"what":${text}}`;
}

export function parseLogged(text: string): LogEntry {
  const { position, previous, invalidation } = JSON.parse(text) as
    | PublishedEntry
    | (LogEntry & { readonly invalidation: null });
  return invalidation === null ? { position, previous } : loggedOf({ position, previous, invalidation });
}

function loggedOf({ position, previous, invalidation }: PublishedEntry): LoggedInvalidation {
  return { position, previous, invalidation: readable(invalidation.what) };
}

/** What one cannot read, a later version's, may be about anything. */
function readable(what: object): Invalidation {
  try {
    return readInvalidation(what);
  } catch {
    return everything;
  }
}

/** What was published; `undefined` for an invalidation of this process's own. */
export function parseWord(text: string, own: string): StoreWord | undefined {
  let word: Published;
  try {
    word = JSON.parse(text) as Published;
    if (word.type === "ended") return word;
    if (word.type === "logged") {
      return { type: "logged", entry: loggedOf(word.entry), isOwn: word.entry.invalidation.by === own };
    }
    if (word.type === "invalidated") {
      return word.by === own ? undefined : { type: "invalidated", invalidation: readable(word.invalidation) };
    }
  } catch {
    // Read as what it may be at worst.
  }
  return { type: "invalidated", invalidation: everything };
}
