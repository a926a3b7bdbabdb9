import { runRows } from "@cloudlink/measure";
import { drills } from "./drills.ts";

await runRows({
  command: "pnpm drill",
  summary:
    "Runs load through the packages as they are packed while things go wrong, and prints what was counted beside the goals.",
  rows: drills,
});
