import { CST, Lexer, type LineCounter, Parser } from "yaml";
import type { Problem } from "./problem.ts";

/**
 * The most lexical tokens of a file: about as many as 2,000 ordinary lines have. The YAML composer makes an error object for
 * every token that is out of place, some 5 µs each, so this is what keeps a hostile file under a tenth of a second.
 */
const MOST_TOKENS = 12_000;

/** What the lexer puts between its tokens to say how to read the next one; they are not in the text. */
const lexerMarks: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

/** The deepest nesting: far above that of real settings, far below what exhausts the stack of a recursive reader. */
const DEEPEST = 64;

/** The concrete syntax of a text, or the place where it goes beyond bounds. Its time is linear in the text. */
export function readTokens(text: string, lineCounter: LineCounter): CST.Token[] | Problem {
  const parser = new Parser(lineCounter.addNewLine);
  lineCounter.addNewLine(0);
  const tokens: CST.Token[] = [];
  let count = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (lexerMarks.has(lexeme)) continue;
    count++;
    if (count > MOST_TOKENS) return { offset, message: `the file has more than ${MOST_TOKENS} YAML tokens` };
    offset += lexeme.length;
  }
  for (const token of parser.end()) tokens.push(token);
  return findTooDeep(tokens) ?? tokens;
}

function findTooDeep(tokens: readonly CST.Token[]): Problem | undefined {
  const open = tokens.map((token) => ({ token, depth: 0 }));
  // A list of what is still to be looked at, not recursion: depth is what must not be trusted here.
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > DEEPEST) return { offset: token.offset, message: `this is nested more than ${DEEPEST} levels deep` };
    if (token.type === "document") {
      if (token.value !== undefined) open.push({ token: token.value, depth });
    } else if ("items" in token) {
      for (const item of token.items) {
        if (item.key) open.push({ token: item.key, depth: depth + 1 });
        if (item.value) open.push({ token: item.value, depth: depth + 1 });
      }
    }
  }
  return undefined;
}
