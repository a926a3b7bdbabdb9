import { CloudLinkError } from "@cloudlink/core";
import { OutputFailed } from "./output/sink.ts";

/**
 * Whatever was thrown, as an error that can be shown. A CloudLinkError stays what it is; of anything else only the name and the system's
 * error code are told, because nobody knows what its message holds. `--verbose` shows more.
 */
export function readableError(error: unknown): CloudLinkError {
  if (error instanceof OutputFailed) return outputError(error);
  const { name, code } = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    code?: unknown;
  };
  const facts = [name, code].filter((fact) => typeof fact === "string").join(" ");
  return CloudLinkError.from(error, {
    reason: "ErrUnexpected",
    message: `Something failed that should not have${facts === "" ? "" : ` (${facts})`}. Run it again with --verbose and report what it prints.`,
    origin: "kernel",
  });
}

function outputError({ cause }: OutputFailed): CloudLinkError {
  const { code } = (cause ?? {}) as { code?: unknown };
  const what = code === "ENOSPC" || code === "EDQUOT" ? "Make room where it goes" : "See where it goes";
  return new CloudLinkError({
    code: "unknown",
    reason: "cli.OutputFailed",
    message: `The output could not be written${typeof code === "string" ? ` (${code})` : ""}. ${what}, and run it again.`,
    origin: "caller",
    cause,
  });
}
