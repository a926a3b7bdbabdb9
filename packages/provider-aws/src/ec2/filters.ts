import type { Filter as Ec2Filter } from "@aws-sdk/client-ec2";
import type { Filter } from "@cloudlink/core";
import { MOST_FILTER_VALUES } from "../metadata.ts";
import { rawStateOf } from "./virtual-machine.ts";

/** EC2's names of the filters that a path of the kind is handed to. */
const filterNames: ReadonlyMap<string, string> = new Map([
  ["powerState", "instance-state-name"],
  ["name", "tag:Name"],
  ["placement.zone", "availability-zone"],
  ["placement.network", "vpc-id"],
  ["size.name", "instance-type"],
]);

/** The most filters of a call, and characters of a value ("List and filter your resources" in the EC2 user guide). */
const MOST_FILTERS = 50;
const LONGEST_VALUE = 255;

/** The longest key of a tag (EC2 user guide, "Tag your Amazon EC2 resources"). */
const LONGEST_TAG_KEY = 128;

/**
 * As much of a filter as EC2 can match itself. What it cannot (a state it does not have, more than it takes, a field without a
 * filter) is left to the kernel, which matches everything once more: what is handed over may let too much through, never too little,
 * and never makes EC2 refuse the call.
 */
export function toEc2Filters(filter: Filter): Ec2Filter[] {
  const filters: Ec2Filter[] = [];
  let valuesLeft = MOST_FILTER_VALUES;
  const push = (name: string, wanted: readonly unknown[]) => {
    if (filters.length === MOST_FILTERS || filters.some(({ Name }) => Name === name)) return;
    const values = wanted.flatMap((value) => (isMatchable(value) ? [escapeWildcards(value)] : []));
    if (values.length === 0 || values.length !== wanted.length || values.length > valuesLeft) return;
    if (values.some(({ length }) => length > LONGEST_VALUE)) return;
    valuesLeft -= values.length;
    filters.push({ Name: name, Values: values });
  };
  for (const [path, values] of Object.entries(filter.where)) {
    const name = filterNames.get(path);
    if (name !== undefined) push(name, path === "powerState" ? values.map(rawStateOf) : values);
  }
  for (const [key, values] of Object.entries(filter.tags)) {
    if (key.length <= LONGEST_TAG_KEY && isMatchable(key) && escapeWildcards(key) === key) push(`tag:${key}`, values);
  }
  return filters;
}

/** Whether EC2 can be handed the text. Half a surrogate pair has no form on the wire. */
function isMatchable(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.isWellFormed();
}

/** EC2 takes `*` and `?` in a filter's value for wildcards, and a backslash for "the next one as it is". */
function escapeWildcards(value: string): string {
  return value.replace(/[\\*?]/g, "\\$&");
}
