import type { YamlProblem } from "@cloudlink/yaml";

/** Something that is wrong with a cloudlink.yaml, and where. */
export type ConfigurationProblem = YamlProblem;

/** What reads a file: the bytes, or more than `maxBytes` of them where it has more. It rejects as the file system does, with a `code`. */
export type FileReader = (request: { readonly path: string; readonly maxBytes: number }) => Promise<Uint8Array>;

/** Where a configuration comes from. */
export type ConfigurationSource = {
  /** What `{ env: NAME }` is looked up in; left out, the environment of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What reads the configuration and what `{ file: PATH }` names; left out, the file system's regular files. */
  readonly readFile?: FileReader;
} & (
  | {
      /** The path of the file. Messages show it, and relative paths in the file start at its folder. */
      readonly path: string;
      readonly text?: string | Uint8Array;
    }
  | {
      /** The text, in place of the file's. Without a path messages call it cloudlink.yaml, and relative paths start at the current folder. */
      readonly text: string | Uint8Array;
      readonly path?: string;
    }
);
