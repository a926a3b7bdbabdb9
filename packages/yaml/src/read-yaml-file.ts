import { decodeUtf8 } from "./decode-utf8.ts";
import { type Described, describeIssues } from "./describe-issues.ts";
import type { Problem } from "./problem.ts";
import { valueAt } from "./value-at.ts";
import { readDocument, type YamlDocument, type YamlResult } from "./yaml-document.ts";
import type { HeldYaml, HoldYamlRequest, YamlFile, YamlPath, YamlProblem, YamlSource } from "./yaml-file.ts";

/** What {@link openYaml} gives, for a text that is not too large. */
export function readYamlFile({ source, file, confidential }: Omit<Required<YamlSource>, "maxBytes">): YamlFile {
  const text = typeof source === "string" ? source : decodeUtf8(source);
  if (typeof text === "string") return new ReadFile(file, readDocument(text, confidential));
  return {
    file,
    problems: [text],
    value: undefined,
    problem: ({ message }) => ({ line: text.line, column: text.column, message }),
    hold: async () => ({ problems: [{ ...text, path: [] }] }),
  };
}

class ReadFile implements YamlFile {
  readonly file: string;
  readonly problems: readonly YamlProblem[];
  readonly value: unknown;
  readonly #lineCounter: YamlResult["lineCounter"];
  readonly #document: YamlDocument | undefined;

  constructor(file: string, result: YamlResult) {
    this.file = file;
    this.#lineCounter = result.lineCounter;
    this.#document = "document" in result ? result.document : undefined;
    this.value = this.#document?.value;
    this.problems = "problems" in result ? inOrder(result.problems).map((problem) => this.#placed(problem)) : [];
  }

  problem({ path, key, message }: { readonly path: YamlPath; readonly key?: string; readonly message: string }) {
    const document = this.#document;
    let offset = 0;
    if (document !== undefined) {
      offset = key === undefined ? document.offsetOfValue(path) : document.offsetOfKey(path, key);
    }
    return this.#placed({ offset, message });
  }

  async hold<Value>(request: HoldYamlRequest<Value>): Promise<HeldYaml<Value>> {
    const document = this.#document;
    if (document === undefined) return { problems: this.problems.map((problem) => ({ ...problem, path: [] })) };
    const { schema, title, at = [], concealed = () => false } = request;
    const value = "value" in request ? request.value : valueAt(document.value, at);
    const result = await schema["~standard"].validate(value);
    if (result.issues === undefined) return { value: result.value };
    const found = describeIssues(result.issues, { document, schema, title, at, value, concealed });
    const problems = inOrder(found).map(({ offset, ...described }) => {
      return { ...described, ...this.#placed({ offset, message: described.message }) };
    });
    return { problems };
  }

  #placed({ offset, message }: Problem): YamlProblem {
    const { line, col } = this.#lineCounter.linePos(offset);
    // The counter gives line 0 for a text without any.
    return { line: Math.max(1, line), column: Math.max(1, col), message };
  }
}

function inOrder<Item extends Problem | Described>(problems: readonly Item[]): readonly Item[] {
  return problems
    .toSorted((one, other) => one.offset - other.offset)
    .filter(
      (problem, index, all) => all[index - 1]?.offset !== problem.offset || all[index - 1]?.message !== problem.message,
    );
}
