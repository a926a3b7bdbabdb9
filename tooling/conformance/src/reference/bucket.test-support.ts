import { defineKind, type KindSchema, type SchemaResult } from "@cloudlink/core";

/** The live state of a bucket: a kind that is nothing like a virtual machine, for a suite that must know no kind. */
export interface BucketStatus {
  readonly name: string;
  readonly state: "open" | "locked" | "unknown";
  readonly bytes: number;
  readonly tags: Readonly<Record<string, string>>;
  /** From the view `usage` on. */
  readonly objects?: number;
}

const known = ["name", "state", "bytes", "tags", "objects"];

const schema: KindSchema<BucketStatus> = {
  "~standard": {
    version: 1,
    vendor: "by-hand",
    validate(value): SchemaResult<BucketStatus> {
      const { name, state, bytes, tags, objects } = value as Record<string, unknown>;
      const wrong = (message: string) => ({ issues: [{ message }] });
      if (typeof name !== "string" || name === "") return wrong("name is a text");
      if (state !== "open" && state !== "locked" && state !== "unknown")
        return wrong("state is open, locked or unknown");
      if (typeof bytes !== "number") return wrong("bytes is a number");
      if (typeof tags !== "object" || tags === null) return wrong("tags are a record");
      if (objects !== undefined && typeof objects !== "number") return wrong("objects is a number");
      const entries = Object.entries(value as object).filter(
        ([field, entry]) => known.includes(field) && entry !== undefined,
      );
      return { value: Object.fromEntries(entries) as unknown as BucketStatus };
    },
  },
  toJsonSchema: () => ({ type: "object" }),
};

export const Bucket = defineKind<BucketStatus>()({
  name: "storage.Bucket",
  major: 1,
  minor: 0,
  description: "A bucket.",
  views: ["standard", "usage"],
  defaultView: "standard",
  filters: ["name", "state"],
  actions: {
    lock: { name: "lock", description: "Locks a bucket, so that nothing is written into it.", idempotent: true },
    empty: { name: "empty", description: "Deletes everything in a bucket.", idempotent: false },
  },
  columns: { table: [{ title: "NAME", path: "name" }], wide: [] },
  loadSchema: async () => schema,
});
