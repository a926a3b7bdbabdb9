/** A fenced block of TypeScript in a page, as a whole program. */
export interface CodeBlock {
  /** `README.md:12`: the page and the line its fence stands on. */
  readonly name: string;
  readonly code: string;
  /** The fence says ` ```ts sandbox ` or ` ```ts redis `: the program wants an AWS to talk to. */
  readonly sandbox: boolean;
  /** It says ` ```ts redis `: it wants a Redis, too. */
  readonly redis: boolean;
}

/** The ` ```ts ` blocks of a Markdown page, in order; a block inside a list is taken without its indentation. */
export function codeBlocks(page: { readonly path: string; readonly text: string }): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (const { index, groups = {} } of page.text.matchAll(FENCE)) {
    const { indent = "", info = "", code = "" } = groups;
    const line = page.text.slice(0, index).split("\n").length;
    blocks.push({
      name: `${page.path}:${line}`,
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      sandbox: ["sandbox", "redis"].includes(info.trim()),
      redis: info.trim() === "redis",
    });
  }
  return blocks;
}

/**
 * The same program as a CommonJS one: its imports are requires, and what remains stands in an async function, since CommonJS has no
 * `await` outside of one. Types are left in, and of the names imported those that are types are left out.
 */
export function asCommonJs(code: string): string {
  const requires: string[] = [];
  const body = code.replaceAll(IMPORT, (_, names: string, specifier: string) => {
    const values = names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type "));
    requires.push(`const { ${values.join(", ").replaceAll(" as ", ": ")} } = require("${specifier}");`);
    return "";
  });
  return `${requires.join("\n")}\n(async () => {${body}})();\n`;
}

const IMPORT = /^import \{([^}]*)\} from "([^"]+)";$/gm;

const FENCE = /^(?<indent>[ \t]*)```ts(?<info>[ \t][^\n]*)?\n(?<code>[\s\S]*?)^\k<indent>```[ \t]*$/gm;
