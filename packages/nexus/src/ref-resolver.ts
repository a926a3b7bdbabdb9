import {
  CloudLinkError,
  compileRefTemplate,
  isRef,
  type Provider,
  type ProviderDirectory,
  parseRef,
  type Ref,
  type RefMatcher,
} from "@cloudlink/core";
import type { RefLike } from "./requests.ts";

/** Longer than any ref or vendor's id: `parseRef` refuses it before it looks. */
const LONGEST_REF = 4096;

/** Turns what a caller writes into a ref, and a ref into what the vendor writes. */
export interface RefResolver {
  resolve(text: RefLike): Ref;
  nativeId(ref: Ref): string | undefined;
}

/** Slashes of a canonical ref. */
const SLASHES = 5;

/**
 * The templates of a provider are compiled once; a provider that is replaced brings its own.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a template that is not valid.
 */
export function createRefResolver(providers: ProviderDirectory): RefResolver {
  const compiled = new WeakMap<Provider, readonly RefMatcher[]>();

  function matchersOf(provider: Provider): readonly RefMatcher[] {
    const known = compiled.get(provider);
    if (known !== undefined) return known;
    const { name, kinds } = provider.metadata;
    const made = kinds.flatMap(({ kind, refTemplates }) =>
      refTemplates.map((template) => compileRefTemplate({ ...template, provider: name, kind })),
    );
    compiled.set(provider, made);
    return made;
  }

  // One wrong template would spoil every read, whichever provider it is for: better now than then.
  for (const provider of providers.list()) matchersOf(provider);

  /** Whether a text is a ref before it is anything else: no provider's template can take another's refs for its own. */
  function isCanonical(text: string): boolean {
    const parts = text.split("/", SLASHES + 2);
    return parts.length === SLASHES + 1 && providers.current(parts[0] ?? "") !== undefined;
  }

  return {
    resolve(text) {
      if (isRef(text)) return text;
      // What is no text, or too long to be looked at, is refused there.
      if (typeof text !== "string" || text.length > LONGEST_REF || isCanonical(text)) return parseRef(text);
      for (const provider of providers.list()) {
        for (const matcher of matchersOf(provider)) {
          const ref = matcher.match(text);
          if (ref !== undefined) return ref;
        }
      }
      return parseRef(text);
    },
    nativeId(ref) {
      const provider = providers.current(ref.provider);
      if (provider === undefined) throw unknownProvider(providers, ref.provider);
      for (const matcher of matchersOf(provider)) {
        const id = matcher.format(ref);
        if (id !== undefined) return id;
      }
      return undefined;
    },
  };
}

/** The error for a provider that nobody registered. */
export function unknownProvider(providers: ProviderDirectory, name: string): CloudLinkError {
  const known = providers.list().map((provider) => provider.metadata.name);
  return new CloudLinkError({
    reason: "ErrUnknownProvider",
    message: `There is no provider "${name}". Registered: ${known.join(", ") || "none"}.`,
    origin: "caller",
  });
}
