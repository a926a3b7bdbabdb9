import type { ErrorCode, ErrorJson } from "@cloudlink/core";

/** Who says how vendors are called: the command line itself, a server, or a configuration. */
export type Caller = "shell" | "server" | "configuration";

/** What to do at a shell, beside what the error's own message says. */
const hints: Readonly<Record<Caller, Partial<Record<ErrorCode, string>>>> = {
  shell: {
    unauthenticated:
      "Give credentials the vendor's usual way (environment, profile, instance role), or name one with --profile or --role-arn.",
    permission_denied: "Ask for the missing permission, or call as somebody else with --profile or --role-arn.",
    unavailable: "Check the network, HTTPS_PROXY, NO_PROXY and --endpoint, then try again.",
  },
  server: {
    unauthenticated: "The credentials are the server's: have its configuration checked.",
    permission_denied: "Ask for the missing permission for whom the server calls as.",
    unavailable: "Check that the server runs and that --server leads to it, then try again.",
  },
  configuration: {
    unauthenticated: "Check the credentials of the account in the configuration.",
    permission_denied: "Ask for the missing permission, or give the account other credentials in the configuration.",
    unavailable:
      "Check the network, HTTPS_PROXY, NO_PROXY and the provider's settings in the configuration, then try again.",
  },
};

/** What to do about an error, where that can be known. */
export function hintFor({ code, reason, effect, ref = "<ref>" }: ErrorJson, caller: Caller): string | undefined {
  if (reason === "ErrInvalidRef") return "`cloudlink list -o name` prints refs to copy.";
  // Live: a server may have kept a state from before.
  const look = `\`cloudlink get ${ref} --live\``;
  if (effect === "unknown") return `See by ${look} how it stands before you repeat it.`;
  if (effect === "done") return `Do not repeat it; ${look} shows how it stands.`;
  if (reason === "ErrInvalidState") return `${look} shows its state; \`cloudlink wait\` waits for another.`;
  if (code === "resource_exhausted") return "Try again later, or ask for less: fewer accounts or regions.";
  // It is the vendor that the server does not reach, and the error says so.
  if (caller === "server" && code === "unavailable" && reason !== "ErrServerUnavailable") return undefined;
  return hints[caller][code];
}
