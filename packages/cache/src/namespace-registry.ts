import type { CachePlace, CacheSelection, Ref } from "@cloudlink/core";
import type { ResourceNamespace } from "./resource-namespace.ts";
import { whereOf } from "./where-of.ts";

/**
 * The namespaces of a cache. One that is empty is kept by whoever uses it, and by nobody else: refs may name any account and region, and
 * each would leave one behind. While somebody has it, it is found again: two for one place would not see each other's invalidations.
 */
export class NamespaceRegistry {
  readonly #all = new Map<string, WeakRef<ResourceNamespace>>();
  /** Those that keep something, by where their resources are: of several tenants and roles. */
  readonly #held = new Map<string, Set<ResourceNamespace>>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#all.get(key)?.deref() === undefined) this.#all.delete(key);
  });

  find(place: CachePlace, make: () => ResourceNamespace): ResourceNamespace {
    const key = `${place.scope.key} ${place.kind.name} ${place.kind.major}`;
    const known = this.#all.get(key)?.deref();
    if (known !== undefined) return known;
    const made = make();
    this.#all.set(key, new WeakRef(made));
    this.#gone.register(made, key);
    return made;
  }

  hold(namespace: ResourceNamespace): void {
    const where = whereOf(namespace.place.scope);
    const held = this.#held.get(where);
    if (held === undefined) this.#held.set(where, new Set([namespace]));
    else held.add(namespace);
  }

  release(namespace: ResourceNamespace): void {
    const where = whereOf(namespace.place.scope);
    const held = this.#held.get(where);
    held?.delete(namespace);
    if (held?.size === 0) this.#held.delete(where);
  }

  /** Those that keep something, of all places that the selection may be about. */
  *concerned(selection: CacheSelection): Generator<ResourceNamespace> {
    const { ref } = selection;
    const held = ref === undefined ? this.#held.values() : [this.#held.get(whereOf(ref)) ?? []];
    for (const namespaces of held) {
      for (const namespace of namespaces) if (isAbout(selection, namespace.place)) yield namespace;
    }
  }
}

/** Whether the selection may have something of that place. */
export function isAbout(selection: CacheSelection, { scope, kind }: CachePlace): boolean {
  return (
    (selection.scope === undefined || selection.scope.key === scope.key) &&
    (selection.tenant === undefined || selection.tenant === scope.tenant) &&
    (selection.provider === undefined || selection.provider === scope.provider) &&
    (selection.partition === undefined || selection.partition === scope.partition) &&
    (selection.account === undefined || selection.account === scope.account) &&
    (selection.region === undefined || selection.region === scope.region) &&
    (selection.kind === undefined || selection.kind === kind.name) &&
    (selection.ref === undefined || isWhere(selection.ref, { scope, kind }))
  );
}

/** Whether a ref names something of that place. */
function isWhere(ref: Ref, { scope, kind }: CachePlace): boolean {
  return (
    ref.account === scope.account &&
    ref.region === scope.region &&
    ref.kind === kind.name &&
    ref.provider === scope.provider &&
    ref.partition === scope.partition
  );
}
