/** Something that is wrong with a file, and where. */
export interface Problem {
  /** Of the first character concerned, in UTF-16 code units from the start of the text. */
  readonly offset: number;
  readonly message: string;
}
