import { runRows } from "@cloudlink/measure";
import { rows } from "./rows/index.ts";

await runRows({
  command: "pnpm bench",
  summary: "Measures the packages as they are packed beside their peers, and prints each figure beside its goal.",
  rows,
});
