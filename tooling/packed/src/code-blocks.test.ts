import { expect, test } from "vitest";
import { codeBlocks } from "./code-blocks.ts";

test("finds each ts block with its line, and knows which want a sandbox", () => {
  const text = ["# Page", "```ts", "one();", "```", "1. In a list:", "   ```ts sandbox", "   two();", "   ```"].join(
    "\n",
  );
  expect(codeBlocks({ path: "README.md", text })).toEqual([
    { name: "README.md:2", code: "one();\n", sandbox: false },
    { name: "README.md:6", code: "two();\n", sandbox: true },
  ]);
});

test("leaves blocks of other languages alone", () => {
  expect(codeBlocks({ path: "README.md", text: "```sh\nls\n```\n```tsx\nx\n```\n" })).toEqual([]);
});
