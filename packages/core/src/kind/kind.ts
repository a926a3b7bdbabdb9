import { invalid } from "../error/invalid.ts";
import type { StandardSchema } from "../standard-schema.ts";

declare const valueType: unique symbol;

/** An action that a kind has. Whether a provider carries it out is for the provider to declare. */
export interface KindAction {
  readonly name: string;
  readonly description: string;
  /** Whether doing it twice leaves the resource as doing it once does. Only then is it repeated without being asked. */
  readonly idempotent: boolean;
}

/** A column of a kind's table: where its value stands, as a path of property names joined by dots. */
export interface KindColumn {
  readonly title: string;
  readonly path: string;
}

/** The schema of a kind's value. */
export interface KindSchema<Value = unknown> extends StandardSchema<unknown, Value> {
  /** The same as JSON Schema, draft 2020-12. */
  toJsonSchema(): Readonly<Record<string, unknown>>;
}

/**
 * A kind of resource, as data: what its values look like and what can be asked of it, the same for every vendor.
 * The kernel knows no kind by name; a package that defines one adds no code to the kernel.
 *
 * Invariants: within a major version a kind only gains optional fields, states that readers take for `unknown`, views, filters and
 * actions; what is stored or sent is keyed by name and major version alone.
 */
export interface Kind<
  Value = unknown,
  Filter extends string = string,
  Actions extends Readonly<Record<string, KindAction>> = Readonly<Record<string, KindAction>>,
> {
  /** Group and name, such as `compute.VirtualMachine`. */
  readonly name: string;
  readonly major: number;
  readonly minor: number;
  readonly description: string;
  /** From narrow to wide; a wider view has everything a narrower one has. */
  readonly views: readonly string[];
  /** What a read gives when it names no view. */
  readonly defaultView: string;
  /** The fields that `where` may name, as paths joined by dots. Tags are matched by `tags` instead. */
  readonly filters: readonly Filter[];
  readonly actions: Actions;
  /** What a table shows, and what a wide one adds. */
  readonly columns: { readonly table: readonly KindColumn[]; readonly wide: readonly KindColumn[] };
  /** The schema, loaded when first asked for: reading a resource needs none, and it is slow to load. */
  loadSchema(): Promise<KindSchema<Value>>;
  /** Carries the type; there is nothing in it. */
  readonly [valueType]?: Value;
}

/** The type of a kind's values. */
export type ValueOf<K> = K extends Kind<infer Value, infer _Filter, infer _Actions> ? Value : never;

/** The type of the field at a path: `PathValue<VirtualMachineStatus, "size.name">` is a string. */
export type PathValue<Value, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof Value
    ? PathValue<NonNullable<Value[Head]>, Rest>
    : unknown
  : Path extends keyof Value
    ? NonNullable<Value[Path]>
    : unknown;

/** What a list is narrowed by: each field one value, or any of several. */
export type Where<K> =
  K extends Kind<infer Value, infer Filter, infer _Actions>
    ? { readonly [Path in Filter]?: PathValue<Value, Path> | readonly PathValue<Value, Path>[] }
    : never;

const nameForm = /^[a-z][a-z0-9]{0,30}\.[A-Z][A-Za-z0-9]{0,62}$/;

/**
 * Defines a kind. The value's type is given first, the rest is inferred:
 * `defineKind<BucketStatus>()({ name: "storage.Bucket", … })`.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a name that is not of the form, or a default view that is not a view.
 */
export function defineKind<Value>() {
  return <const Filter extends string, const Actions extends Readonly<Record<string, KindAction>>>(
    settings: Omit<Kind<Value, Filter, Actions>, typeof valueType>,
  ): Kind<Value, Filter, Actions> => {
    if (!nameForm.test(settings.name)) {
      throw invalid(
        "ErrInvalidSettings",
        `"${settings.name}" does not name a kind. Write group.Name, such as storage.Bucket.`,
      );
    }
    if (!settings.views.includes(settings.defaultView)) {
      throw invalid(
        "ErrInvalidSettings",
        `The default view "${settings.defaultView}" of ${settings.name} is not among its views.`,
      );
    }
    return Object.freeze({ ...settings });
  };
}

/** Whether an entry that holds the view `held` can answer a read of the view `wanted`. */
export function viewCovers(kind: Kind, views: { readonly held: string; readonly wanted: string }): boolean {
  const held = kind.views.indexOf(views.held);
  const wanted = kind.views.indexOf(views.wanted);
  return held !== -1 && wanted !== -1 && held >= wanted;
}
