import type { KindHandler, Provider } from "@cloudlink/core";
import type { MakeProvider } from "./harness.test-support.ts";
import { createReferenceProvider } from "./provider.test-support.ts";

/** A provider that breaks one promise, and the case that has to fail for it. */
export interface Mutant {
  readonly does: string;
  readonly breaks: string;
  readonly make: MakeProvider;
}

type Sound = Required<Pick<KindHandler, "get" | "getMany" | "list" | "act" | "follow">> & KindHandler;
type Change = (sound: Sound) => Partial<KindHandler>;

/** The reference provider with some methods of its handler changed, in all else the same. */
export function handler(change: Change): MakeProvider {
  return (vendor) => withHandler(createReferenceProvider(vendor), change);
}

/** A provider with some methods of its handler changed. */
export function withHandler(provider: Provider, change: Change): Provider {
  return { ...provider, kinds: provider.kinds.map((sound) => ({ ...sound, ...change(sound as Sound) })) };
}

/** The reference provider with something of its own changed. */
export function provider(change: (sound: Provider) => Partial<Provider>): MakeProvider {
  return (vendor) => {
    const sound = createReferenceProvider(vendor);
    return { ...sound, ...change(sound) };
  };
}
