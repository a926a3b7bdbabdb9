import type { StandardSchema } from "@cloudlink/core";

/** A text that is to be YAML, and how messages call it. */
export interface YamlSource {
  /** The text, or its bytes in UTF-8. */
  readonly source: string | Uint8Array;
  /** What messages call the file. It is shown as it is: put what comes from elsewhere through `printable` first. */
  readonly file: string;
  /** The most bytes that the text may have in UTF-8. */
  readonly maxBytes: number;
  /**
   * Whether messages about the text itself quote nothing of it but keys, for files that somebody may put a secret into; `false` if left out.
   * Messages of `hold` have `concealed` for that.
   */
  readonly confidential?: boolean;
}

/** Where something stands in a file's data: the keys and indexes that lead to it. */
export type YamlPath = readonly PropertyKey[];

/** Something that is wrong with a file, and where. */
export interface YamlProblem {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** What is wrong and, where that can be known, what to write instead. One line. */
  readonly message: string;
}

/** What {@link YamlFile.hold} takes. */
export interface HoldYamlRequest<Value> {
  /** Any Standard Schema. Of a schema of zod, version 4, the messages are this package's, and a key it does not know gets a suggestion. */
  readonly schema: StandardSchema<unknown, Value>;
  /** What messages call the whole file: `a plugin.yaml`. */
  readonly title: string;
  /** Where in the file the value stands; left out, it is the whole. */
  readonly at?: YamlPath;
  /** What is held against the schema. Left out, what the file has at `at`. */
  readonly value?: unknown;
  /** Whether the value at a path of the file is not to be repeated in a message. Left out, none is. */
  readonly concealed?: (path: YamlPath) => boolean;
}

/** A problem that a schema has with a value of the file. */
export interface YamlValueProblem extends YamlProblem {
  /** Where in the file's data it is. */
  readonly path: YamlPath;
  /** The type that the schema wanted in place of another, where the schema tells. */
  readonly wanted?: "number" | "boolean";
}

/** What came of holding a value against a schema: what the schema made of it, or all that is wrong. */
export type HeldYaml<Value> =
  | { readonly value: Value; readonly problems?: undefined }
  | { readonly problems: readonly YamlValueProblem[] };

/** A YAML text that was read. */
export interface YamlFile {
  /** What messages call it. */
  readonly file: string;
  /** What is wrong with the text itself, by place. If anything is, `value` is `undefined`. */
  readonly problems: readonly YamlProblem[];
  /** A tree of JSON values. Where the text has aliases, parts of it are the same object. */
  readonly value: unknown;
  /** A problem with the value at `path`, or with its key `key`; where there is none, with the innermost one on the way that there is. */
  problem(request: { readonly path: YamlPath; readonly key?: string; readonly message: string }): YamlProblem;
  /**
   * Holds a value against a schema. Problems come by place, none twice.
   *
   * @throws what the schema throws; schemas are not meant to.
   */
  hold<Value>(request: HoldYamlRequest<Value>): Promise<HeldYaml<Value>>;
}
