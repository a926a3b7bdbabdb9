import {
  CloudLinkError,
  compileRefTemplate,
  isRef,
  type Provider,
  parseRef,
  quote,
  type Ref,
  type RefMatcher,
} from "@cloudlink/core";
import type { RefLike } from "@cloudlink/core/calls";

/** Longer than any ref or vendor's id: `parseRef` refuses it before it looks. */
const LONGEST_REF = 4096;

/** Those whose refs are resolved: of a provider, its metadata is enough. */
export interface RefProviders {
  current(name: string): RefProvider | undefined;
  list(): readonly RefProvider[];
}

/** See {@link RefProviders}. */
export type RefProvider = Pick<Provider, "metadata">;

/** Turns what a caller writes into a ref, and a ref into what the vendor writes. */
export interface RefResolver {
  /** See `Nexus.resolveRef`. */
  resolve(text: RefLike): Ref;
  /** See `Nexus.nativeId`. */
  nativeId(ref: Ref): string | undefined;
}

/** Slashes of a canonical ref. */
const SLASHES = 5;

/** @throws `invalid_argument` (`ErrInvalidSettings`) for a template that is not valid. */
export function refMatchersOf({ metadata }: RefProvider): readonly RefMatcher[] {
  const { name, kinds } = metadata;
  return kinds.flatMap(({ kind, refTemplates }) =>
    refTemplates.map((template) => compileRefTemplate({ ...template, provider: name, kind })),
  );
}

/**
 * The templates of a provider are compiled once; a provider that is replaced brings its own. Those of one that has a template which is not
 * valid are left out, all of them: it spoils no other provider's ids, its own refs are taken still, and `nativeId` says what is wrong.
 */
export function createRefResolver(providers: RefProviders): RefResolver {
  const compiled = new WeakMap<RefProvider, readonly RefMatcher[] | CloudLinkError>();

  function compile(provider: RefProvider): readonly RefMatcher[] | CloudLinkError {
    try {
      return refMatchersOf(provider);
    } catch (error) {
      const { name, version } = provider.metadata;
      return new CloudLinkError({
        reason: "ErrProviderFault",
        message: `The provider "${name}" ${version} has a ref template that is not valid, so that none of its ids are understood. Write its refs in full, and report it to its authors; the cause has the details.`,
        origin: "plugin",
        provider: name,
        cause: error,
      });
    }
  }

  function matchersOf(provider: RefProvider): readonly RefMatcher[] | CloudLinkError {
    const known = compiled.get(provider) ?? compile(provider);
    compiled.set(provider, known);
    return known;
  }

  /** Whether a text is a ref before it is anything else: no provider's template can take another's refs for its own. */
  function isCanonical(text: string): boolean {
    const parts = text.split("/", SLASHES + 2);
    return parts.length === SLASHES + 1 && providers.current(parts[0] ?? "") !== undefined;
  }

  /** Nothing took it. If that may be because a provider's templates were left out, the error says so. */
  function parseUnmatched(text: string): Ref {
    try {
      return parseRef(text);
    } catch (error) {
      const left = providers.list().map(matchersOf).find(CloudLinkError.isInstance);
      if (left === undefined || !CloudLinkError.isInstance(error)) throw error;
      throw new CloudLinkError({ ...error.toJSON(), message: `${error.rawMessage} ${left.rawMessage}` });
    }
  }

  return {
    resolve(text) {
      if (isRef(text)) return text;
      // What is no text, or too long to be looked at, is refused there.
      if (typeof text !== "string" || text.length > LONGEST_REF || isCanonical(text)) return parseRef(text);
      for (const provider of providers.list()) {
        const matchers = matchersOf(provider);
        if (CloudLinkError.isInstance(matchers)) continue;
        for (const matcher of matchers) {
          const ref = matcher.match(text);
          if (ref !== undefined) return ref;
        }
      }
      return parseUnmatched(text);
    },
    nativeId(ref) {
      if (!isRef(ref)) throw noRef();
      const provider = providers.current(ref.provider);
      if (provider === undefined) throw unknownProvider(providers, ref.provider);
      const matchers = matchersOf(provider);
      if (CloudLinkError.isInstance(matchers)) throw matchers;
      for (const matcher of matchers) {
        const id = matcher.format(ref);
        if (id !== undefined) return id;
      }
      return undefined;
    },
  };
}

/** The error for a provider that nobody registered. */
export function unknownProvider(providers: RefProviders, name: string): CloudLinkError {
  const known = providers.list().map((provider) => provider.metadata.name);
  return new CloudLinkError({
    reason: "ErrUnknownProvider",
    message: `There is no provider ${quote(name)}. Registered: ${known.join(", ") || "none"}. Check the name, or give the kernel that provider too.`,
    origin: "caller",
  });
}

function noRef(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidRef",
    message: "What was given is no ref. Make one with resolveRef or createRef.",
    origin: "caller",
  });
}
