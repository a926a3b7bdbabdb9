import { expect, test } from "vitest";
import { asCommonJs, codeBlocks } from "./code-blocks.ts";

test("finds each ts block with its line, and knows which want a sandbox, and which a Redis too", () => {
  const inList = ["1. In a list:", "   ```ts sandbox", "   two();", "   ```"];
  const text = ["# Page", "```ts", "one();", "```", ...inList, "```ts redis", "three();", "```"].join("\n");
  expect(codeBlocks({ path: "README.md", text })).toEqual([
    { name: "README.md:2", code: "one();\n", sandbox: false, redis: false },
    { name: "README.md:6", code: "two();\n", sandbox: true, redis: false },
    { name: "README.md:9", code: "three();\n", sandbox: true, redis: true },
  ]);
});

test("leaves blocks of other languages alone", () => {
  expect(codeBlocks({ path: "README.md", text: "```sh\nls\n```\n```tsx\nx\n```\n" })).toEqual([]);
});

test("a program by require() has the values of its imports, not their types, and its own await", () => {
  const code = 'import {\n  a,\n  type B,\n  c as d,\n} from "x/y";\nconst b: B = await a(d);\n';
  expect(asCommonJs(code)).toBe(
    'const { a, c: d } = require("x/y");\n(async () => {\nconst b: B = await a(d);\n})();\n',
  );
});
