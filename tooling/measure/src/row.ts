import type { Figure } from "./figure.ts";
import type { Subjects } from "./subjects.ts";

/** How large a run is: `full` for figures; `reduced` for tests, which look at whether it works and never at a time. */
export type Size = "full" | "reduced";

export interface RowRequest {
  readonly subjects: Subjects;
  readonly size: Size;
  /** How many calls or inputs, in place of what `size` means: `--size N`, for a row that counts such. */
  readonly count?: number;
  /** What every random choice follows from; the same again makes the same choices. */
  readonly seed: number;
  /**
   * Measure a control in place of the subject: something that does the same job without what the row is about.
   * Its figures have to miss their goals, or the row measures nothing.
   */
  readonly control: boolean;
}

/** A row of the goals. */
export interface Row {
  /** `speed-10`. */
  readonly row: string;
  /** The name it is asked for by, shared by rows that belong together. */
  readonly group: string;
  measure(request: RowRequest): Promise<readonly Figure[]>;
}
