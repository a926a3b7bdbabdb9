import { invalid } from "../error/invalid.ts";
import { quote } from "../error/quote.ts";
import type { FreshnessAdvice } from "../freshness.ts";
import { isKindName } from "../ref/ref.ts";
import type { StandardSchema } from "../standard-schema.ts";
import { checkFreshnessAdvice } from "./check-freshness.ts";
import { freezeDeep } from "./freeze.ts";

declare const valueType: unique symbol;

/** An action that a kind has. Whether a provider carries it out is for the provider to declare. */
export interface KindAction {
  readonly name: string;
  readonly description: string;
  /** Whether doing it twice leaves the resource as doing it once does. Only then is it repeated without being asked. */
  readonly idempotent: boolean;
}

/** What more is known of a field that a list may be filtered by. */
export interface FilterRule {
  /** The words it may be, where they are closed: another is a mistake and is refused, or it would match nothing in silence. */
  readonly words?: readonly string[];
  /** The narrowest view that holds it; every view if left out. */
  readonly fromView?: string;
}

/** A column of a kind's table: where its value stands, as a path of property names joined by dots. */
export interface KindColumn {
  readonly title: string;
  readonly path: string;
}

/** The schema of a kind's value. It drops fields it does not know and reads states it does not know as `unknown`: a peer may be of a later minor version. */
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
  readonly filterRules?: { readonly [Path in Filter]?: FilterRule };
  readonly actions: Actions;
  /** How old an answer may be for a caller who does not say; always live if left out. A provider may have other advice for its own. */
  readonly freshness?: FreshnessAdvice;
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

/** What a caller may be permitted beside actions; see `PermissionRequest.action`. An action of that name would be permitted with it. */
const reservedActions: readonly string[] = ["get", "getMany", "list", "watch", "invalidate"];

/**
 * Defines a kind. The value's type is given first, the rest is inferred:
 * `defineKind<BucketStatus>()({ name: "storage.Bucket", … })`. What comes back is frozen, to the last column.
 *
 * @throws `invalid_argument` (`ErrInvalidSettings`) for a name that is not of the form, versions that are not whole numbers from 1 (major)
 *   and 0 (minor), views that repeat, a default view that is not a view, freshness with an age that is none, and an action that is not called what it is listed as, or
 *   `get`, `getMany`, `list`, `watch` or `invalidate`.
 */
export function defineKind<Value>() {
  return <const Filter extends string, const Actions extends Readonly<Record<string, KindAction>>>(
    settings: Omit<Kind<Value, Filter, Actions>, typeof valueType>,
  ): Kind<Value, Filter, Actions> => {
    checkKind(settings);
    return freezeDeep({ ...settings });
  };
}

function checkKind(settings: Omit<Kind, typeof valueType | "loadSchema">): void {
  const { name, major, minor, views, defaultView, filters, filterRules = {}, actions, freshness } = settings;
  const check = (holds: boolean, message: string) => {
    if (!holds) throw invalid("ErrInvalidSettings", message);
  };
  check(isKindName(name), `${quote(name)} does not name a kind. Write group.Name, such as storage.Bucket.`);
  check(
    Number.isSafeInteger(major) && major >= 1 && Number.isSafeInteger(minor) && minor >= 0,
    `The version of ${name} is a whole major number from 1 and a whole minor number from 0.`,
  );
  check(new Set(views).size === views.length, `${name} has a view twice. Views go from narrow to wide, each once.`);
  check(views.includes(defaultView), `The default view ${quote(defaultView)} of ${name} is not among its views.`);
  for (const [path, rule] of Object.entries(filterRules)) {
    check(filters.includes(path), `${name} has a rule for ${quote(path)}, which is not among its filters.`);
    const { fromView = defaultView } = rule ?? {};
    check(views.includes(fromView), `${name} has the filter ${quote(path)} from a view on that it does not have.`);
  }
  if (freshness !== undefined) checkFreshnessAdvice(freshness, name);
  for (const [listed, action] of Object.entries(actions)) {
    check(action.name === listed, `${name} lists the action ${quote(action.name)} as ${quote(listed)}.`);
    check(!reservedActions.includes(listed), `${name} cannot have an action ${quote(listed)}: a read is called that.`);
  }
}

/** Whether an entry that holds the view `held` can answer a read of the view `wanted`. A view that the kind does not have covers nothing. */
export function viewCovers(kind: Kind, views: { readonly held: string; readonly wanted: string }): boolean {
  const held = kind.views.indexOf(views.held);
  const wanted = kind.views.indexOf(views.wanted);
  return held !== -1 && wanted !== -1 && held >= wanted;
}
