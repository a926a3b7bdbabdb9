import type { CredentialsDeclaration, KindCapabilities } from "@cloudlink/core";
import type { MakeProvider } from "./harness.test-support.ts";
import { type Mutant, provider } from "./mutant.test-support.ts";
import { createReferenceProvider } from "./provider.test-support.ts";

/** The reference provider that declares its kind in another way. */
function kinds(change: (kind: KindCapabilities) => Partial<KindCapabilities>): MakeProvider {
  return provider(({ metadata }) => ({
    metadata: { ...metadata, kinds: metadata.kinds.map((kind) => ({ ...kind, ...change(kind) })) },
  }));
}

/** The reference provider that takes other leases. */
function credentials(change: Partial<CredentialsDeclaration>): MakeProvider {
  return provider(({ metadata }) => ({
    metadata: { ...metadata, credentials: { ...metadata.credentials, ...change } },
  }));
}

/** Providers that break what is declared. */
export const metadataMutants: readonly Mutant[] = [
  {
    does: "declares a list that it does not have",
    breaks: "metadata.methods",
    make: (vendor) => {
      const sound = createReferenceProvider(vendor);
      const kinds = sound.kinds.map(({ kind, get, getMany }) => ({
        kind,
        ...(get && { get }),
        ...(getMany && { getMany }),
      }));
      return { ...sound, kinds };
    },
  },
  {
    does: "has a version that is none",
    breaks: "metadata.semver",
    make: provider(({ metadata }) => ({ metadata: { ...metadata, version: "v1.2" } })),
  },
  {
    does: "may send credentials to every host of a top-level domain",
    breaks: "metadata.hosts",
    make: provider(({ metadata }) => ({ metadata: { ...metadata, hosts: ["*.example"] } })),
  },
  {
    does: "declares a view that the kind has not",
    breaks: "metadata.capabilities",
    make: kinds((kind) => ({ ...(kind.get && { get: { ...kind.get, views: [...kind.get.views, "forecast"] } }) })),
  },
  {
    does: "declares a filter that the kind has not",
    breaks: "metadata.capabilities",
    make: kinds((kind) => ({ ...(kind.list && { list: { ...kind.list, pushDown: ["bytes"] } }) })),
  },
  {
    does: "has a template that does not compile",
    breaks: "metadata.templates",
    make: kinds(({ refTemplates }) => ({ refTemplates: [...refTemplates, { template: "mem:{id" }] })),
  },
  {
    does: "takes every id that is written in as many parts, whatever it begins with",
    breaks: "metadata.templates-own",
    make: kinds(() => ({ refTemplates: [{ template: "{partition}:{region}:{account}:bucket:{id}" }] })),
  },
  {
    does: "has another kind that takes the same ids",
    breaks: "metadata.templates-own",
    make: provider(({ metadata }) => ({
      metadata: {
        ...metadata,
        kinds: metadata.kinds.flatMap((kind) => [kind, { ...kind, kind: "storage.Folder" }]),
      },
    })),
  },
  {
    does: "says that it reads no key",
    breaks: "metadata.credentials",
    make: credentials({ keys: [] }),
  },
  {
    does: "has parameters of a lease that it does not take",
    breaks: "metadata.credentials",
    make: credentials({ parameters: ["profile"] }),
  },
  {
    does: "names a parameter twice",
    breaks: "metadata.credentials",
    make: credentials({ ambient: true, parameters: ["profile", "profile"] }),
  },
  {
    does: "limits an operation that nothing sends",
    breaks: "metadata.limits",
    make: provider(({ metadata }) => ({
      metadata: { ...metadata, limits: metadata.limits.map((limit) => ({ ...limit, operations: ["Describe"] })) },
    })),
  },
];
