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

/** Of a command that SIGTERM ended, by the custom of shells: 128 and the signal's number. */
const EXIT_TERMINATED = 143;

/** The exit code that stands for an error's code. @param interrupt - what ended the command, where something did; see `ShellIo.interrupt`. */
export function exitCodeOf(code: ErrorCode, interrupt?: AbortSignal): number {
  return code === "canceled" && interrupt?.reason === "SIGTERM" ? EXIT_TERMINATED : exitCodes[code];
}

const meanings: readonly (readonly [number, string])[] = [
  [EXIT_OK, "Everything that was asked for was answered."],
  [1, "Something failed that no layer expected, an answer could not be decoded, or the output not be written."],
  [2, "The command line, a configuration, a ref, an account, a region, a kind or a filter is not valid."],
  [3, "The resource does not exist."],
  [4, "There are no credentials, or they are not known or have expired."],
  [5, "The identity behind the credentials may not do this."],
  [6, "The vendor's rate limit or a quota is used up for the moment."],
  [7, "The vendor cannot be reached, or has a fault."],
  [8, "The deadline passed (--timeout), of a wait with the state not reached."],
  [9, "It cannot be done in this state, or the provider does not offer it."],
  [EXIT_PARTIAL, "Partial: some accounts, regions or refs answered, and others failed."],
  [130, "Stopped by Ctrl-C, or not confirmed."],
  [EXIT_TERMINATED, "Stopped by SIGTERM, which is canceled as well."],
];

/** What `cloudlink help exit-codes` prints. */
export function exitCodeHelp(): string {
  const lines = meanings.map(([exitCode, meaning]) => {
    const codes = Object.entries(exitCodes).flatMap(([code, its]) => (its === exitCode ? [code] : []));
    return `${String(exitCode).padStart(5)}  ${meaning}${codes.length === 0 ? "" : `\n       ${codes.join(", ")}`}`;
  });
  return `Exit codes, and the error codes they stand for:\n\n${lines.join("\n")}\n`;
}
