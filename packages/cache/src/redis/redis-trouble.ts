import { SharedStoreError } from "../shared/shared-store.ts";

/** The first word of an error of Redis's, what that means, and whether anything else is worth asking for a moment. */
const troubles: Readonly<Record<string, readonly [trouble: string, isDown: boolean]>> = {
  OOM: ["it is full", false],
  READONLY: ["it is read-only", false],
  TRYAGAIN: ["a slot of it is being moved", false],
  MISCONF: ["it cannot save, and so takes no writes", false],
  NOREPLICAS: ["it has too few replicas, and so takes no writes", false],
  NOPERM: ["its user may not do what a cache needs", true],
  NOAUTH: ["it wants a password", true],
  WRONGPASS: ["its password or user is wrong", true],
  LOADING: ["it is loading", true],
  CLUSTERDOWN: ["its cluster is down", true],
  MASTERDOWN: ["its master is down", true],
};

/** What an error means. Nothing of its text is kept: that may hold what was sent. */
export function troubleOf(error: unknown): SharedStoreError {
  if (error instanceof SharedStoreError) return error;
  const [trouble, isDown] = troubles[wordOf(error)] ?? ["it cannot be reached", true];
  return new SharedStoreError(trouble, { isDown });
}

/** What Redis said. Where several servers were asked in turn, ioredis has an error of its own around that of the last. */
function wordOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("lastNodeError" in error && error.lastNodeError instanceof Error) return wordOf(error.lastNodeError);
  const [, word = ""] = /(?:^|Last error: (?:ReplyError: )?)([A-Z]+)\b/.exec(error.message) ?? [];
  return word;
}
