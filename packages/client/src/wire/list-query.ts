import { CloudLinkError, createFilter, type Kind, quote } from "@cloudlink/core";
import type { ListRequest } from "@cloudlink/core/calls";
import type { ListQuery } from "./list.schema.ts";
import { type ScalarType, typeAt } from "./scalar-type.ts";
import { wholeAge } from "./whole-age.ts";

/**
 * The query of a list as a client sends it. Values of `where` travel as text.
 *
 * @throws `invalid_argument` (`ErrInvalidRequest`) for a filter that the kind does not have or a value that is none, as the kernel does, and
 *   for a selection that is no list of texts: as text, it would be read as another.
 */
export function listParams<K extends Kind>(request: ListRequest<K>): URLSearchParams {
  const { kind, view, pageSize, pageToken, maxAgeMs } = request;
  const filter = createFilter(kind, { where: request.where, tags: request.tags });
  const params = new URLSearchParams();
  const append = (name: string, text: string) => {
    // It would be sent as another text, and match what was not asked for.
    if (!text.isWellFormed()) throw invalidRequest(`${name} is not well-formed Unicode: ${quote(text)}.`);
    params.append(name, text);
  };
  append("kind", kind.name);
  const selections = { account: request.accounts, region: request.regions, provider: request.providers };
  for (const [name, wanted] of Object.entries(selections)) {
    if (wanted === undefined || (wanted === "*" && name !== "provider")) continue;
    for (const text of textsOf(`${name}s`, wanted)) append(name, text);
  }
  for (const [path, values] of Object.entries(filter.where)) {
    for (const value of values) append("where", `${encodeName(path)}=${String(value)}`);
  }
  for (const [name, values] of Object.entries(filter.tags)) {
    for (const value of values) append("tag", `${encodeName(name)}=${value}`);
  }
  if (view !== undefined) append("view", view);
  if (pageSize !== undefined) append("pageSize", String(pageSize));
  if (pageToken !== undefined) append("pageToken", pageToken);
  if (maxAgeMs !== undefined) append("maxAgeMs", String(wholeAge(maxAgeMs)));
  return params;
}

/**
 * The request that a query stands for, as the kernel takes it. What the query has as text becomes a number or a boolean where the kind's
 * schema has one; the schema is loaded only for that.
 *
 * @throws `invalid_argument` (`ErrInvalidRequest`) for a text that is no number or boolean where the kind has one, and as the kernel does.
 */
export async function readListQuery<K extends Kind>(kind: K, query: ListQuery): Promise<ListRequest<K>> {
  const { account, region, provider, where = [], tag = [], view, pageSize, pageToken, maxAgeMs } = query;
  const schema = where.length === 0 ? {} : (await kind.loadSchema()).toJsonSchema();
  const conditions = where.map(readAssignment).map(([path, text]) => {
    return [path, convert(text, { path, type: typeAt(schema, path) })] as const;
  });
  const filter = createFilter(kind, { where: grouped(conditions), tags: grouped(tag.map(readAssignment)) });
  return {
    kind,
    ...(account !== undefined && { accounts: account }),
    ...(region !== undefined && { regions: region }),
    ...(provider !== undefined && { providers: provider }),
    // Of the kind's own fields: createFilter takes no other.
    ...(where.length > 0 && { where: filter.where as NonNullable<ListRequest<K>["where"]> }),
    ...(tag.length > 0 && { tags: filter.tags }),
    ...(view !== undefined && { view }),
    ...(pageSize !== undefined && { pageSize }),
    ...(pageToken !== undefined && { pageToken }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
  };
}

/** A selection as texts. Of none, one empty text is left: leaving the parameter out would select everything. */
function textsOf(name: string, wanted: unknown): readonly string[] {
  if (!Array.isArray(wanted) || !wanted.every((each) => typeof each === "string" && each !== "")) {
    throw invalidRequest(`${name} is a list of texts. Write one in brackets, too.`);
  }
  return wanted.length === 0 ? [""] : wanted;
}

/** Tag names may hold "=" (Amazon EC2 User Guide, "Tag restrictions"), which ends a name here. */
function encodeName(name: string): string {
  return name.replaceAll("%", "%25").replaceAll("=", "%3D");
}

function readAssignment(text: string): readonly [name: string, value: string] {
  const at = text.indexOf("=");
  // A percent sign that begins none of the two stands for itself: people write these by hand.
  const name = text.slice(0, at).replace(/%(?:3D|25)/gi, (code) => (code === "%25" ? "%" : "="));
  return [name, text.slice(at + 1)];
}

function grouped<Value>(pairs: readonly (readonly [string, Value])[]): Record<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value]);
  // fromEntries defines own properties, whatever a tag is called.
  return Object.fromEntries(groups);
}

function convert(text: string, { path, type }: { path: string; type: ScalarType | undefined }): unknown {
  if (type === "boolean") {
    if (text !== "true" && text !== "false") throw invalidRequest(`${path} is true or false, not ${quote(text)}.`);
    return text === "true";
  }
  if (type === "number") {
    const number = Number(text);
    if (text.trim() === "" || !Number.isFinite(number))
      throw invalidRequest(`${path} is a number, not ${quote(text)}.`);
    return number;
  }
  return text;
}

function invalidRequest(message: string): CloudLinkError {
  return new CloudLinkError({ reason: "ErrInvalidRequest", message, origin: "caller" });
}
