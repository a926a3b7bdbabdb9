import {
  CloudLinkError,
  compileRefTemplate,
  isKindName,
  type Kind,
  type KindCapabilities,
  type LimitDeclaration,
  quote,
} from "@cloudlink/core";

/** A kind as a provider declares it, and as it is. */
export interface DeclaredKind {
  readonly provider: string;
  readonly declared: KindCapabilities;
  readonly kind: Kind;
}

/** How problems call a declared kind. */
export function nameOfKind({ kind, major }: KindCapabilities): string {
  return `${isKindName(kind) ? kind : quote(kind)} v${Number(major)}`;
}

/**
 * What a provider declares of a kind and cannot be: templates of ids that do not compile, views, filters and actions that the kind does not have.
 * The kernel compiles all templates of all providers before it takes a text for an id, so a wrong one would spoil every read.
 */
export function findMisdeclared({ provider, declared, kind }: DeclaredKind): readonly string[] {
  const { get, getMany, list, actions = {} } = declared;
  const key = nameOfKind(declared);
  const problems = declared.refTemplates.flatMap((template) => {
    try {
      compileRefTemplate({ ...template, provider, kind: declared.kind });
      return [];
    } catch (error) {
      if (!CloudLinkError.isInstance(error)) throw error;
      return [`a template of ${key} does not compile: ${error.rawMessage.replace(/\.$/, "")}`];
    }
  });
  for (const [method, capability] of Object.entries({ get, getMany, list })) {
    for (const view of unknownOf(capability?.views ?? [], kind.views)) {
      problems.push(`${method} of ${key} declares the view ${quote(view)}, and the kind has ${spell(kind.views)}`);
    }
  }
  for (const path of unknownOf(list?.pushDown ?? [], [...kind.filters, "tags"])) {
    problems.push(`list of ${key} pushes down ${quote(path)}, and the kind has ${spell([...kind.filters, "tags"])}`);
  }
  for (const action of unknownOf(Object.keys(actions), Object.keys(kind.actions))) {
    problems.push(`${key} declares the action ${quote(action)}, and the kind has ${spell(Object.keys(kind.actions))}`);
  }
  return problems;
}

/** Limits that count what no capability sends: a misspelt operation would be charged to nothing. */
export function findMisdeclaredLimits(
  limits: readonly LimitDeclaration[],
  kinds: readonly KindCapabilities[],
): readonly string[] {
  const sent = kinds.flatMap(({ get, getMany, list, actions = {} }) =>
    [get, getMany, list, ...Object.values(actions).flatMap((action) => [action, action.follow])].flatMap(
      (capability) => capability?.operations ?? [],
    ),
  );
  return limits.flatMap(({ name, operations }) =>
    unknownOf(operations, sent).map(
      (operation) => `the limit ${quote(name)} counts ${quote(operation)}, which no capability declares`,
    ),
  );
}

function unknownOf(given: readonly string[], known: readonly string[]): readonly string[] {
  return given.filter((name) => !known.includes(name));
}

function spell(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map(quote).join(", ");
}
