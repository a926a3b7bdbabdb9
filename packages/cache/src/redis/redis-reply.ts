/** An error that Redis replied with, and so was reached. */
export interface RedisReply {
  /** What it begins with: `READONLY`, `NOAUTH`, `OOM`. Nothing else of its text is kept, which may hold what was sent. */
  readonly word: string;
  /** What it means, in a word or two. */
  readonly trouble: string;
  /** Whether anything else that is asked is replied to in the same way for a moment. */
  readonly isDown: boolean;
  /** Whether the same command may be taken later; otherwise somebody has to change something first. */
  readonly mends: boolean;
}

type Meaning = Omit<RedisReply, "word">;

/** One command was refused, or some. */
const refused = (trouble: string): Meaning => ({ trouble, isDown: false, mends: true });
/** All are, for a while. */
const away = (trouble: string): Meaning => ({ trouble, isDown: true, mends: true });
/** All are until somebody changes a setting. */
const locked = (trouble: string): Meaning => ({ trouble, isDown: true, mends: false });

const meanings: Readonly<Record<string, Meaning>> = {
  OOM: refused("it is full"),
  READONLY: refused("it is read-only"),
  TRYAGAIN: refused("a slot of it is being moved"),
  MOVED: refused("a slot of it has been moved"),
  ASK: refused("a slot of it is being moved"),
  MISCONF: refused("it cannot save, and so takes no writes"),
  NOREPLICAS: refused("it has too few replicas, and so takes no writes"),
  NOPERM: locked("its user may not do what a cache needs"),
  NOAUTH: locked("it wants a password"),
  WRONGPASS: locked("its password or user is wrong"),
  LOADING: away("it is loading"),
  BUSY: away("it is busy with a script"),
  CLUSTERDOWN: away("its cluster is down"),
  MASTERDOWN: away("its master is down"),
  // A key that somebody else has written, say. It is about one command, and what is wrong with that stays so.
  WRONGTYPE: { trouble: "a key holds what is not CloudLink's (WRONGTYPE)", isDown: false, mends: false },
  ERR: { trouble: "it refuses a command (ERR)", isDown: false, mends: false },
};

/** What Redis replied, if that is what an error of ioredis's is about; `undefined` where it was not reached, as far as one can tell. */
export function replyOf(error: unknown): RedisReply | undefined {
  const word = wordOf(error);
  return word === undefined ? undefined : { word, ...(meanings[word] ?? refused(`it refuses a command (${word})`)) };
}

function wordOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Where several servers were asked in turn, ioredis has an error of its own around that of the last; by Sentinel, its text alone.
  if ("lastNodeError" in error && error.lastNodeError instanceof Error) return wordOf(error.lastNodeError);
  if (error.name !== "ReplyError") {
    const [, quoted = ""] = /Last error: (?:ReplyError: )?([A-Z]{2,32})\b/.exec(error.message) ?? [];
    // A sentinel that does not know the master says ERR: that is no reply of the master's.
    return quoted !== "ERR" && Object.hasOwn(meanings, quoted) ? quoted : undefined;
  }
  const [, word = "ERR"] = /^([A-Z]{2,32})\b/.exec(error.message) ?? [];
  // Before Redis 7 what a command in a script was answered with stands in the middle: "ERR Error running script …: -OOM command not allowed".
  const [, inner] = word === "ERR" ? (/: -([A-Z]{2,32})\b/.exec(error.message) ?? []) : [];
  return inner ?? word;
}
