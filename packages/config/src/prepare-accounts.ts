import { type Account, NONE, type Provider, type ProviderMetadata, quote } from "@cloudlink/core";
import { nameOfPath, nearestWord, type YamlPath, type YamlProblem } from "@cloudlink/yaml";
import type { Configuration, ConfiguredAccount } from "./configuration.ts";
import type { CredentialedAccount } from "./configured-credentials.ts";
import { sameAccounts } from "./cross-checks.ts";
import type { Origin } from "./examine-configuration.ts";

/** An account as the kernel takes it, with its credentials beside it. */
export interface PreparedAccount {
  readonly account: Account;
  readonly credentialed: CredentialedAccount;
  readonly limits: NonNullable<ConfiguredAccount["limits"]>;
}

/** The accounts of a configuration, held against what their providers declare. `undefined` where it has none. */
export function prepareAccounts(request: {
  readonly configuration: Configuration;
  readonly providers: readonly Provider[];
  readonly origin: Origin;
}): { readonly accounts: readonly PreparedAccount[] | undefined; readonly problems: readonly YamlProblem[] } {
  const { configuration, providers, origin } = request;
  if (configuration.accounts === undefined) return { accounts: undefined, problems: [] };
  const metadata = new Map(providers.map((provider) => [provider.metadata.name, provider.metadata]));
  const complete = configuration.accounts.map((account) => withPartition(account, metadata.get(account.provider)));
  const problems = [
    ...sameAccounts(origin, complete),
    ...complete.flatMap((account, index) => new AccountCheck(origin, index).run(account, metadata)),
  ];
  return { accounts: complete.map(prepareAccount), problems };
}

type CompleteAccount = ConfiguredAccount & { readonly partition: string };

function withPartition(account: ConfiguredAccount, metadata: ProviderMetadata | undefined): CompleteAccount {
  return { ...account, partition: account.partition ?? metadata?.partitions[0] ?? NONE };
}

function prepareAccount({ credentials, limits = {}, ...account }: CompleteAccount): PreparedAccount {
  return { account: Object.freeze(account), credentialed: { ...account, credentials }, limits };
}

class AccountCheck {
  readonly #origin: Origin;
  readonly #path: YamlPath;
  readonly #problems: YamlProblem[] = [];

  constructor(origin: Origin, index: number) {
    this.#origin = origin;
    this.#path = ["accounts", index];
  }

  run(account: CompleteAccount, providers: ReadonlyMap<string, ProviderMetadata>): readonly YamlProblem[] {
    const metadata = providers.get(account.provider);
    if (metadata === undefined) {
      this.#reportWord(["provider"], {
        word: account.provider,
        known: [...providers.keys()],
        what: "a provider of this program",
      });
      return this.#problems;
    }
    if (!metadata.partitions.includes(account.partition) && metadata.partitions.length > 0) {
      const what = `a partition of the provider ${quote(account.provider)}`;
      this.#reportWord(["partition"], { word: account.partition, known: metadata.partitions, what });
    }
    this.#checkCredentials(account, metadata);
    this.#checkNames(Object.keys(account.limits ?? {}), {
      ...{ provider: account.provider, path: ["limits"], what: "limit" },
      known: metadata.limits.map(({ name }) => name),
    });
    return this.#problems;
  }

  #checkCredentials({ credentials, provider }: CompleteAccount, { credentials: taken }: ProviderMetadata): void {
    if (credentials.kind === "keys") {
      const given = Object.keys(credentials.keys.reveal());
      this.#checkNames(given, { provider, path: ["credentials", "keys"], what: "key", known: taken.keys });
    } else if (taken.ambient) {
      // One that is left out unnoticed would have calls made as somebody else.
      const given = Object.keys(credentials.parameters);
      this.#checkNames(given, {
        ...{ provider, path: ["credentials", "ambient"], what: "ambient parameter" },
        known: taken.parameters,
      });
    } else {
      this.#report(
        ["credentials"],
        `cannot be ambient: the provider ${quote(provider)} takes keys (${taken.keys.join(", ")})`,
      );
    }
  }

  #checkNames(
    given: readonly string[],
    taken: {
      readonly provider: string;
      readonly path: YamlPath;
      readonly what: string;
      readonly known: readonly string[];
    },
  ): void {
    const { provider, what, known } = taken;
    const path = [...this.#path, ...taken.path];
    for (const name of given) {
      if (known.includes(name)) continue;
      const meant = nearestWord(name, known);
      const all = known.length === 0 ? "it takes none" : `known are ${known.join(", ")}`;
      const advice = meant === undefined ? all : `did you mean "${meant}"?`;
      const message = `the provider ${quote(provider)} has no ${what} ${quote(name)}; ${advice}`;
      this.#problems.push(this.#origin.yaml.problem({ path, key: name, message }));
    }
  }

  #reportWord(
    field: YamlPath,
    { word, known, what }: { readonly word: string; readonly known: readonly string[]; readonly what: string },
  ): void {
    const concealed = this.#origin.isReferred([...this.#path, ...field]);
    const meant = concealed ? undefined : nearestWord(word, known);
    const advice = meant === undefined ? `known are ${known.join(", ")}` : `did you mean "${meant}"?`;
    this.#report(field, `is not ${what}${concealed ? "" : `: ${quote(word)}`}; ${advice}`);
  }

  #report(field: YamlPath, message: string): void {
    const path = [...this.#path, ...field];
    this.#problems.push(this.#origin.yaml.problem({ path, message: `${nameOfPath(path)} ${message}` }));
  }
}
