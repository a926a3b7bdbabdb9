import { CloudLinkError } from "@cloudlink/core";
import { type ConfigurationProblem, type ConfigurationSource, checkConfiguration } from "../src/index.ts";

/** What a promise is rejected with; anything but a CloudLinkError fails. */
export async function errorOf(promise: Promise<unknown>): Promise<CloudLinkError> {
  const error = await promise.then(
    () => new Error("It was expected to be refused."),
    (thrown: unknown) => thrown,
  );
  if (CloudLinkError.isInstance(error)) return error;
  throw error;
}

/** The problems of a text, each as `line:column: message`. */
export async function problemsOf(text: string, source: Partial<ConfigurationSource> = {}): Promise<readonly string[]> {
  return shown(await checkConfiguration({ environment: {}, ...source, text }));
}

/** Problems as `line:column: message`. */
export function shown(problems: readonly ConfigurationProblem[]): readonly string[] {
  return problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}
