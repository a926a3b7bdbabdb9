import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "./workspace.ts";

const pages = globSync(["*.md", "docs/**/*.md", "{packages,apps,tooling,examples}/*/*.md"], { cwd: repository });

/** The targets of a page's links that lead to files, without what follows a `#`. */
function fileLinks(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target.split("#")[0] ?? "")
    .filter((target) => target !== "" && !/^[a-z][a-z0-9+.-]*:/.test(target));
}

test("the links of a page are told from the addresses and anchors in it", () => {
  expect(fileLinks("[a](docs/a.md#x) [b](https://b.example) [c](#here) [d](../d)")).toEqual(["docs/a.md", "../d"]);
});

test.each(pages)("%s links to files that exist", (page) => {
  const links = fileLinks(readFileSync(join(repository, page), "utf8"));
  expect(links.filter((target) => !existsSync(join(repository, dirname(page), target)))).toEqual([]);
});
