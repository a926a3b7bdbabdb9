/** Told a line whenever a long step begins, or has come some way. */
export type Progress = (line: string) => void;

/** To stderr, so that the output of a command stays its own. */
export const printProgress: Progress = (line) => {
  process.stderr.write(`testbed: ${line}\n`);
};
