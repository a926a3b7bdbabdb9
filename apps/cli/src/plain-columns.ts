import { quote } from "@cloudlink/core";
import type { Column } from "./output/row-writer.ts";
import { usageError } from "./usage-error.ts";

/** The columns of an answer that is no resource: those that were named, or all. @throws `invalid_argument` for one that there is not. */
export function plainColumns(all: readonly Column[], fields: readonly string[] | undefined): readonly Column[] {
  return (fields ?? all.map(({ path }) => path)).map((path) => {
    const column = all.find((each) => each.path === path);
    if (column !== undefined) return column;
    throw usageError(`There is no field ${quote(path)} here. There are: ${all.map((each) => each.path).join(", ")}.`);
  });
}
