import assert from "node:assert/strict";
import { CONTRACT_VERSION, compileRefTemplate, createRef, NONE, type RefMatcher } from "@cloudlink/core";
import { valid } from "semver";
import type { ConformanceCase } from "../conformance-case.ts";
import type { Trial } from "../trial.ts";

/** A host name whose last two labels are written out; `*` stands for one label before them. */
const hostForm = /^(?:(?:\*|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.[a-z0-9-]*[a-z0-9]$/;
const loopbackForm = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

const dimensions = ["partition", "account", "region", "resource", "identity"];

const methodOf = { get: "get", getMany: "getMany", list: "list", actions: "act" } as const;

export const metadataCases: readonly ConformanceCase[] = [
  {
    id: "metadata.contract-version",
    promise: "the provider speaks the version of the contract that this suite checks",
    needs: [],
    async run({ provider }) {
      assert.equal(provider.contractVersion, CONTRACT_VERSION);
    },
  },
  {
    id: "metadata.plain-data",
    promise: "the metadata is the same after a way through JSON, as it is when it comes from another process",
    needs: [],
    async run({ provider: { metadata } }) {
      assert.deepStrictEqual(JSON.parse(JSON.stringify(metadata)), metadata);
    },
  },
  {
    id: "metadata.semver",
    promise: "the version is a semantic one",
    needs: [],
    async run({ provider: { metadata } }) {
      const { version } = metadata;
      // `valid` forgives a leading "v" and spaces, and drops the build.
      assert(valid(version) !== null && /^\d\S*$/.test(version), `"${version}" is no semantic version`);
    },
  },
  {
    id: "metadata.names",
    promise: "the provider's name and partitions are those of its refs",
    needs: [],
    async run({ provider: { metadata }, harness }) {
      const { scope, kind, present } = harness;
      assert(metadata.displayName.trim() !== "", "the display name is empty");
      assert.equal(scope.provider, metadata.name);
      for (const partition of metadata.partitions) {
        // It throws for what cannot stand in a ref.
        createRef({ provider: metadata.name, partition, account: "1", region: NONE, kind: kind.name, id: "1" });
      }
      for (const { ref } of present) {
        assert.equal(ref.provider, metadata.name);
        assert(metadata.partitions.includes(ref.partition), `"${ref.partition}" is none of the declared partitions`);
      }
    },
  },
  {
    id: "metadata.kinds-have-handlers",
    promise: "each declared kind has one handler, and each handler is of a declared kind",
    needs: [],
    async run({ provider, harness }) {
      const name = (kind: string, major: number) => `${kind}@${major}`;
      const declared = provider.metadata.kinds.map(({ kind, major }) => name(kind, major));
      const handled = provider.kinds.map(({ kind }) => name(kind.name, kind.major));
      assert.deepStrictEqual(handled.toSorted(), declared.toSorted());
      assert.equal(new Set(declared).size, declared.length, "a kind is declared twice");
      assert(declared.includes(name(harness.kind.name, harness.kind.major)), `${harness.kind.name} is not declared`);
    },
  },
  {
    id: "metadata.methods",
    promise: "there is a method for each capability that is declared, and none for one that is not",
    needs: [],
    async run(trial) {
      const { capabilities } = trial;
      const handler = trial.handler();
      for (const [capability, method] of Object.entries(methodOf) as [keyof typeof methodOf, "get" | "act"][]) {
        const declared = capabilities[capability] !== undefined;
        const there = typeof handler[method] === "function";
        assert.equal(
          there,
          declared,
          `${capability} is ${declared ? "" : "not "}declared, and ${method} is ${there ? "" : "not "}there`,
        );
      }
      const followed = Object.values(capabilities.actions ?? {}).some(({ follow }) => follow !== undefined);
      assert.equal(typeof handler.follow === "function", followed, "follow is there if and only if an action goes on");
    },
  },
  {
    id: "metadata.capabilities",
    promise: "what is declared of a kind is what the kind has: views, filters, actions; bounds are whole numbers",
    needs: [],
    async run(trial) {
      const { get, getMany, list, actions = {} } = trial.capabilities;
      const { kind } = trial.harness;
      for (const [name, capability] of Object.entries({ get, getMany, list })) {
        if (capability === undefined) continue;
        assert(capability.views.length > 0, `${name} declares no view`);
        assertAmong(capability.views, { known: kind.views, what: `views of ${name}` });
        assert(capability.operations.length > 0, `${name} names no vendor operation that it would be charged with`);
      }
      assertAmong(list?.pushDown ?? [], { known: [...kind.filters, "tags"], what: "filters handed to the vendor" });
      assertAmong(Object.keys(actions), { known: Object.keys(kind.actions), what: "actions" });
      for (const bound of [getMany?.maxRefs ?? 1, list?.maxPageSize ?? 1]) {
        assert(Number.isSafeInteger(bound) && bound >= 1, `${bound} is no bound`);
      }
    },
  },
  {
    id: "metadata.actions",
    promise: "each action that is declared names the vendor operations that it and following it send",
    needs: ["actions"],
    async run(trial) {
      for (const [name, declared] of Object.entries(trial.capabilities.actions ?? {})) {
        assert(declared.operations.length > 0, `${name} names no vendor operation that it would be charged with`);
        assert.equal(typeof declared.dryRun, "boolean", `${name} does not say dryRun`);
        if (declared.follow === undefined) continue;
        assert(declared.follow.operations.length > 0, `following ${name} names no vendor operation`);
      }
    },
  },
  {
    id: "metadata.templates",
    promise: "each template of ids compiles, and every ref comes back from the vendor's own id of it",
    needs: [],
    async run(trial) {
      const { harness, provider } = trial;
      const matchers = trial.capabilities.refTemplates.map((template) =>
        compileRefTemplate({ ...template, provider: provider.metadata.name, kind: harness.kind.name }),
      );
      for (const { ref } of harness.present) {
        const written = matchers.flatMap((matcher) => {
          const text = matcher.format(ref);
          return text === undefined ? [] : [text];
        });
        for (const text of written) {
          const [read] = matchers.flatMap((matcher) => matcher.match(text) ?? []);
          assert.equal(read?.key, ref.key, `"${text}" is read as another ref`);
        }
        assert(matchers.length === 0 || written.length > 0, `no template writes the vendor's id of ${ref.key}`);
      }
    },
  },
  {
    id: "metadata.templates-own",
    promise:
      "a template takes the ids of its kind alone: templates of several kinds and providers are tried one after another",
    needs: [],
    async run({ harness, provider: { metadata } }) {
      const matchers = metadata.kinds.flatMap(({ kind, refTemplates }) =>
        refTemplates.map((template) => ({
          template: template.template,
          matcher: compileRefTemplate({ ...template, provider: metadata.name, kind }),
        })),
      );
      for (const { ref } of harness.present) {
        for (const text of matchers.flatMap(({ matcher }) => matcher.format(ref) ?? [])) {
          for (const { template, matcher } of matchers) {
            const key = matcher.match(text)?.key;
            assert(key === undefined || key === ref.key, `"${template}" takes "${text}", which is of ${ref.kind}`);
            // What begins with other letters is another vendor's.
            assert(!takes(matcher, `other-${text}`), `"${template}" takes an id whatever it begins with`);
          }
        }
      }
    },
  },
  {
    id: "metadata.limits",
    promise: "each limit has a name of its own, bounds above zero, and names operations that a capability declares",
    needs: [],
    async run({ provider: { metadata } }) {
      const names = metadata.limits.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length, "two limits have one name");
      const charged = metadata.kinds.flatMap(({ get, getMany, list, actions = {} }) =>
        [get, getMany, list, ...Object.values(actions).flatMap((action) => [action, action.follow])].flatMap(
          (capability) => capability?.operations ?? [],
        ),
      );
      for (const { name, operations, burst, refillPerSecond, dimensions: counted } of metadata.limits) {
        assertAmong(operations, { known: charged, what: `operations of the limit ${name}` });
        assertAmong(counted, { known: dimensions, what: `dimensions of the limit ${name}` });
        assert(burst >= 1 && refillPerSecond > 0, `the limit ${name} never lets a call through`);
      }
    },
  },
  {
    id: "metadata.hosts",
    promise: "the hosts are names without scheme, port and path, and none is wider than one organisation",
    needs: [],
    async run({ provider: { metadata } }) {
      assert(metadata.hosts.length > 0, "there is no host that it may send credentials to");
      for (const host of metadata.hosts) {
        assert(hostForm.test(host) || loopbackForm.test(host), `"${host}" is no host name, or a wildcard too wide`);
      }
    },
  },
  {
    id: "metadata.credentials",
    promise: "the keys, or parameters, of a lease are those that the provider says it reads",
    needs: [],
    async run(trial) {
      const { credentials } = trial.provider.metadata;
      const { lease } = trial.call();
      for (const [what, names] of Object.entries({ keys: credentials.keys, parameters: credentials.parameters })) {
        assert(Array.isArray(names), `it does not say which ${what} it reads`);
        assert.equal(new Set(names).size, names.length, `the ${what} name one twice`);
        assert(!names.includes(""), `the ${what} name nothing`);
      }
      const parameters = credentials.ambient ? credentials.parameters : [];
      assert.deepStrictEqual(
        credentials.parameters,
        parameters,
        "there are parameters of a lease that it does not take",
      );
      if (lease.kind === "ambient") {
        assert(credentials.ambient, "the provider takes no ambient lease, and the harness gives one");
        assertAmong(Object.keys(lease.parameters), { known: parameters, what: "parameters of the lease" });
        return;
      }
      assertAmong(Object.keys(lease.keys.reveal()), { known: credentials.keys, what: "keys of the lease" });
    },
  },
  {
    id: "identify.names-account",
    promise: "identify says whose credentials these are: the scope's account and partition",
    needs: [],
    async run(trial) {
      const call = trial.call();
      const identity = await identityOf(trial);
      assert.equal(identity.account, call.scope.account);
      assert.equal(identity.partition, call.scope.partition);
      assert(identity.principal !== "", "the principal is empty");
      assert(Array.isArray(identity.regions), "the regions are no list");
    },
  },
];

function takes(matcher: RefMatcher, text: string): boolean {
  try {
    return matcher.match(text) !== undefined;
  } catch {
    // It is of the template's form, and has a part that no ref can have.
    return true;
  }
}

async function identityOf(trial: Trial) {
  return await trial.within("identify", trial.provider.identify(trial.call()));
}

function assertAmong(given: readonly string[], { known, what }: { known: readonly string[]; what: string }): void {
  for (const name of given) assert(known.includes(name), `"${name}" is none of the ${what}: ${known.join(", ")}`);
}
