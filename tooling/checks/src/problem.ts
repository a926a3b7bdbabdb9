/** One broken rule, in words that say how to mend it. */
export interface Problem {
  /** The file or package it was found in, relative to the repository. */
  readonly where: string;
  readonly what: string;
  readonly fix: string;
}

/** Prints the problems of one check and sets the exit code: the end of every check's program. */
export function report(check: string, problems: readonly Problem[]): void {
  for (const { where, what, fix } of problems) console.log(`${where}: ${what}\n    → ${fix}`);
  console.log(problems.length === 0 ? `${check}: nothing to mend` : `${check}: ${problems.length} to mend`);
  if (problems.length > 0) process.exitCode = 1;
}
