import type { ErrorCode } from "@cloudlink/core";

/** The exit code for each of the sixteen error codes. Closed: a code without one does not compile. */
const exitCodes = {
  unknown: 1,
  internal: 1,
  data_loss: 1,
  invalid_argument: 2,
  out_of_range: 2,
  not_found: 3,
  unauthenticated: 4,
  permission_denied: 5,
  resource_exhausted: 6,
  unavailable: 7,
  deadline_exceeded: 8,
  failed_precondition: 9,
  aborted: 9,
  already_exists: 9,
  unimplemented: 9,
  canceled: 130,
} as const satisfies Record<ErrorCode, number>;

/** Everything that was asked for was answered. */
export const EXIT_OK = 0;

/** Some parts answered, and others failed. */
export const EXIT_PARTIAL = 10;

/** The exit code that stands for an error's code. */
export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[code];
}

const meanings: readonly (readonly [number, string])[] = [
  [EXIT_OK, "Everything that was asked for was answered."],
  [1, "Something failed that no layer expected, or an answer could not be decoded."],
  [2, "The command line, a ref, an account, a region, a kind or a filter is not valid."],
  [3, "The resource does not exist."],
  [4, "There are no credentials, or they are not known or have expired."],
  [5, "The identity behind the credentials may not do this."],
  [6, "The vendor's rate limit or a quota is used up for the moment."],
  [7, "The vendor cannot be reached, or has a fault."],
  [8, "The deadline passed (--timeout)."],
  [9, "It cannot be done in this state, or the provider does not offer it."],
  [EXIT_PARTIAL, "Partial: some accounts, regions or refs answered, and others failed."],
  [130, "Stopped by Ctrl-C."],
];

/** What `cloudlink help exit-codes` prints. */
export function exitCodeHelp(): string {
  const lines = meanings.map(([exitCode, meaning]) => {
    const codes = Object.entries(exitCodes).flatMap(([code, its]) => (its === exitCode ? [code] : []));
    return `${String(exitCode).padStart(5)}  ${meaning}${codes.length === 0 ? "" : `\n       ${codes.join(", ")}`}`;
  });
  return `Exit codes, and the error codes they stand for:\n\n${lines.join("\n")}\n`;
}
