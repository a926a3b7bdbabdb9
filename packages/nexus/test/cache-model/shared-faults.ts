import type { SharedStore, StoreListener, StoreWord } from "@cloudlink/cache";
import type { Fault } from "./faults.ts";
import type { Wrap } from "./world.ts";

/** Another store, changed by `change`. */
function withStore(change: (store: SharedStore) => Partial<SharedStore>): Wrap {
  return {
    store: (store) => ({ ...forwarded(store), ...change(store) }),
  };
}

function forwarded(store: SharedStore): SharedStore {
  return {
    read: (place, reads) => store.read(place, reads),
    write: (place, writes) => store.write(place, writes),
    renew: (place, leases, lastsMs) => store.renew(place, leases, lastsMs),
    release: (place, leases) => store.release(place, leases),
    invalidate: (invalidation) => store.invalidate(invalidation),
    listen: (listener) => store.listen(listener),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}

/** A store whose words reach the listener only as far as they are `passed` on. */
function withWords(passes: (word: StoreWord) => boolean): Wrap {
  return withStore((store) => ({
    listen: (listener) =>
      store.listen({
        heard: (word) => {
          if (passes(word)) listener.heard(word);
        },
        lost: () => listener.lost(),
        regained: (log) => listener.regained(log),
      }),
  }));
}

/** Where the position in the log stands in the text of what is stored. */
const LOG_POSITION = 6;

/** What is stored, as if it had been fetched after all that is in the log. */
function afterTheLog(value: string): string {
  const fields: unknown[] = JSON.parse(value);
  fields[LOG_POSITION] = Number.MAX_SAFE_INTEGER;
  return JSON.stringify(fields);
}

/** By how much, in milliseconds, a clock is wrong. */
const SLOW_MS = 20;

/** What may go wrong between caches that share a store. */
export const SHARED_FAULTS: readonly Fault[] = [
  {
    what: "stores what was invalidated while it was on its way, whatever its position",
    breaks: ["fence"],
    wrap: withStore((store) => ({
      write: (place, writes) =>
        store.write(
          place,
          writes.map((write) => ({ ...write, position: Number.MAX_SAFE_INTEGER })),
        ),
    })),
  },
  {
    what: "does not hear what others invalidated of one resource",
    breaks: ["fence", "error"],
    wrap: withWords(({ type }) => type !== "invalidated"),
  },
  {
    what: "does not hear what others invalidated of more than one",
    breaks: ["fence"],
    wrap: withWords((word) => word.type !== "logged" || word.isOwn),
  },
  {
    what: "takes from the store what was invalidated with others",
    breaks: ["fence"],
    wrap: withStore((store) => ({
      async read(place, reads) {
        const reply = await store.read(place, reads);
        const findings = reply.findings.map((finding) =>
          finding.state === "found" ? { ...finding, value: afterTheLog(finding.value) } : finding,
        );
        return { ...reply, findings };
      },
    })),
  },
  {
    what: "does not begin anew after it heard nothing for a while",
    breaks: ["fence"],
    wrap: withStore((store) => ({
      listen(listener) {
        // Of what was missed it hears, as far as that is in the log: only what it keeps stays.
        let first: StoreListener["regained"] | undefined = (log) => listener.regained(log);
        store.listen({
          heard: (word) => listener.heard(word),
          lost() {},
          regained(log) {
            if (first === undefined) {
              for (const entry of log.entries) listener.heard({ type: "logged", entry, isOwn: true });
            }
            first?.(log);
            first = undefined;
          },
        });
      },
    })),
  },
  {
    what: "keeps for as long as ever what it hears nothing of",
    breaks: ["fence"],
    wrap: withStore((store) => ({
      listen: (listener) =>
        store.listen({
          heard: (word) => listener.heard(word),
          lost() {},
          regained: (log) => listener.regained(log),
        }),
    })),
  },
  {
    what: "drops what it could not tell the others",
    breaks: ["fence", "error"],
    wrap: withStore((store) => ({
      invalidate: (invalidation) => store.invalidate(invalidation).catch(() => undefined),
    })),
  },
  {
    what: "forgets, of what it told the others, where that stands in the log",
    breaks: ["fence"],
    wrap: withStore((store) => ({
      async invalidate(invalidation) {
        await store.invalidate(invalidation);
        return undefined;
      },
    })),
  },
  {
    what: "finds what was stored for others",
    breaks: ["scope"],
    wrap: withStore((store) => ({
      read: (place, reads) =>
        store.read(
          place,
          reads.map((read) => ({ ...read, holder: "all" })),
        ),
      write: (place, writes) =>
        store.write(
          place,
          writes.map((write) => ({ ...write, holder: "all" })),
        ),
    })),
  },
  {
    what: "goes by a clock that is slow when it stores",
    breaks: ["age"],
    wrap: withStore((store) => ({
      write: (place, writes) =>
        store.write(
          place,
          writes.map((write) => ({ ...write, seenAtMs: write.seenAtMs + SLOW_MS })),
        ),
    })),
  },
];
