import { quote } from "@cloudlink/core";
import type { YamlPath } from "./yaml-file.ts";

/** A place in a file's data as messages call it: `kinds[0].capabilities[1]`, in quotes. */
export function nameOfPath(path: YamlPath): string {
  const text = path.map((step, index) =>
    typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`,
  );
  return quote(text.join(""));
}
