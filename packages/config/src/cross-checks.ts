import { quote } from "@cloudlink/core";
import { nameOfPath, nearestWord, type YamlFile, type YamlPath, type YamlProblem } from "@cloudlink/yaml";

/** What the checks across a file look at: its data with references resolved, of whatever form it is. */
export interface CrossSubject {
  readonly yaml: YamlFile;
  readonly value: unknown;
  /** Whether the value at a path is not to be repeated in a message. */
  readonly concealed: (path: YamlPath) => boolean;
}

/** What is wrong between parts of a file, each of which may be right. The file need not be of the form: what is not is passed over. */
export function crossCheck(subject: CrossSubject): readonly YamlProblem[] {
  const { providers, accounts } = fieldsOf(subject.value);
  if (!Array.isArray(accounts)) return [];
  return [
    ...sameAccounts(subject, accounts),
    ...accounts.flatMap((account, index) => [
      ...unknownProvider(subject, { account, index, providers }),
      ...regionsOutside(subject, { account, index }),
    ]),
  ];
}

/** Accounts that are listed twice: nothing would say which of their roles and keys a call uses. */
export function sameAccounts(
  { yaml }: Pick<CrossSubject, "yaml">,
  accounts: readonly unknown[],
): readonly YamlProblem[] {
  const first = new Map<string, number>();
  const problems: YamlProblem[] = [];
  for (const [index, each] of accounts.entries()) {
    const { provider, partition, account } = fieldsOf(each);
    if (typeof provider !== "string" || typeof account !== "string" || account === "") continue;
    const key = JSON.stringify([provider, partition, account]);
    const earlier = first.get(key);
    first.set(key, earlier ?? index);
    if (earlier === undefined) continue;
    const { line } = yaml.problem({ path: ["accounts", earlier], message: "" });
    const message = `${nameOfPath(["accounts", index])} is the same account as ${nameOfPath(["accounts", earlier])} on line ${line}; list it once`;
    problems.push(yaml.problem({ path: ["accounts", index], message }));
  }
  return problems;
}

function unknownProvider(
  { yaml, concealed }: CrossSubject,
  { account, index, providers }: { readonly account: unknown; readonly index: number; readonly providers: unknown },
): readonly YamlProblem[] {
  const { provider } = fieldsOf(account);
  const known = Object.keys(fieldsOf(providers));
  if (typeof provider !== "string" || provider === "" || known.length === 0 || known.includes(provider)) return [];
  const path = ["accounts", index, "provider"];
  const message = `${nameOfPath(path)} ${sayUnknown({ name: provider, known, concealed: concealed(path) })}; add it there, or leave "providers" out`;
  return [yaml.problem({ path, message })];
}

function sayUnknown(given: { readonly name: string; readonly known: readonly string[]; readonly concealed: boolean }) {
  const { name, known, concealed } = given;
  if (concealed) return `is not one of "providers": ${known.join(", ")}`;
  const meant = nearestWord(name, known);
  return `is not one of "providers": ${quote(name)}${meant === undefined ? "" : ` (did you mean "${meant}"?)`}`;
}

/** Regions of `listRegions` that `regions` does not allow, and regions that are named twice and so would be listed twice. */
function regionsOutside(
  { yaml, concealed }: CrossSubject,
  { account, index }: { readonly account: unknown; readonly index: number },
): readonly YamlProblem[] {
  const { regions, listRegions } = fieldsOf(account);
  const problems: YamlProblem[] = [];
  const report = (path: YamlPath, message: string) => {
    problems.push(yaml.problem({ path, message: `${nameOfPath(path)} ${message}` }));
  };
  for (const [field, given] of Object.entries({ regions, listRegions })) {
    if (!Array.isArray(given)) continue;
    for (const [at, region] of given.entries()) {
      const path = ["accounts", index, field, at];
      const shown = typeof region === "string" && !concealed(path) ? ` ${quote(region)}` : "";
      if (given.indexOf(region) < at) report(path, `repeats the region${shown}`);
      else if (field === "listRegions" && Array.isArray(regions) && !regions.includes(region)) {
        report(path, `is not one of the account's "regions"${shown === "" ? "" : `:${shown}`}`);
      }
    }
  }
  return problems;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return value as Readonly<Record<string, unknown>>;
}
