import { indexesOf, listOf, type QueryParameters } from "../query-protocol.ts";
import { VendorError } from "../vendor-error.ts";
import { compileWildcard, hasWildcard } from "./wildcard.ts";

/** One filter as it was sent; its values are alternatives. */
export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** What a filter name looks at in a subject: the texts of which one must match, or undefined for a name EC2 does not have. */
export type FilterSource<S> = (name: string) => ((subject: S) => readonly string[]) | undefined;

/** EC2 user guide, "List and filter your resources": 50 filters, 255 characters a value. */
const MAX_FILTERS = 50;
const MAX_VALUE_LENGTH = 255;
/** EC2's own message: "The maximum number of filter values specified on a single call is 200". */
const MAX_VALUES = 200;

/**
 * Reads `Filter.N.Name` and `Filter.N.Value.M`.
 *
 * @throws VendorError FilterLimitExceeded, or InvalidParameterValue for a filter without a name.
 */
export function readFilters(parameters: QueryParameters): Filter[] {
  const filters = indexesOf(parameters, "Filter").map((index) => ({
    name: parameters.get(`Filter.${index}.Name`) ?? "",
    values: listOf(parameters, `Filter.${index}.Value`),
  }));
  if (filters.length > MAX_FILTERS) {
    throw new VendorError(
      400,
      "FilterLimitExceeded",
      `The maximum number of filters specified on a single call is ${MAX_FILTERS}`,
    );
  }
  if (filters.reduce((count, { values }) => count + values.length, 0) > MAX_VALUES) {
    const message = `The maximum number of filter values specified on a single call is ${MAX_VALUES}`;
    throw new VendorError(400, "FilterLimitExceeded", message);
  }
  if (filters.some(({ values }) => values.some((value) => value.length > MAX_VALUE_LENGTH))) {
    throw new VendorError(
      400,
      "FilterLimitExceeded",
      `The maximum length for a filter value is ${MAX_VALUE_LENGTH} characters`,
    );
  }
  return filters;
}

/**
 * Whether a subject passes all filters; a filter passes when one of its values matches one of the subject's texts.
 *
 * @throws VendorError InvalidParameterValue for a filter the action does not have.
 */
export function compileFilters<S>(filters: readonly Filter[], source: FilterSource<S>): (subject: S) => boolean {
  const compiled = filters.map(({ name, values }) => {
    const textsOf = source(name);
    if (textsOf === undefined) throw new VendorError(400, "InvalidParameterValue", `The filter '${name}' is invalid`);
    const literals = new Set(values.filter((value) => !hasWildcard(value)));
    const patterns = values.filter(hasWildcard).map(compileWildcard);
    return (subject: S) =>
      textsOf(subject).some((text) => literals.has(text) || patterns.some((matches) => matches(text)));
  });
  return (subject) => compiled.every((passes) => passes(subject));
}

/** The values of a filter all of which are literal, if there is one of that name: a shortcut past the full scan. */
export function literalValues(filters: readonly Filter[], name: string): ReadonlySet<string> | undefined {
  const filter = filters.find((candidate) => candidate.name === name && !candidate.values.some(hasWildcard));
  return filter === undefined ? undefined : new Set(filter.values);
}

/** The same text for filters that ask the same. */
export function canonicalFilters(filters: readonly Filter[]): string {
  return JSON.stringify(filters.map(({ name, values }) => JSON.stringify([name, ...values.toSorted()])).toSorted());
}
