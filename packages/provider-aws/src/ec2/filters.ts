import type { Filter as Ec2Filter } from "@aws-sdk/client-ec2";
import type { Filter } from "@cloudlink/core";
import { MOST_FILTER_VALUES } from "../metadata.ts";
import { rawStateOf } from "./virtual-machine.ts";

/** EC2's names of the filters that a path of the kind is handed to. */
const filterNames: ReadonlyMap<string, string> = new Map([
  ["name", "tag:Name"],
  ["placement.zone", "availability-zone"],
  ["placement.network", "vpc-id"],
  ["size.name", "instance-type"],
]);

/**
 * As much of a filter as EC2 can match itself. What it cannot (a state it does not have, more values than it takes, a field without a
 * filter) is left to the kernel, which matches everything once more: a filter here may let too much through, never too little.
 */
export function toEc2Filters(filter: Filter): Ec2Filter[] {
  const filters: Ec2Filter[] = [];
  const push = (name: string, values: readonly unknown[]) => {
    const texts = values.filter((value) => typeof value === "string" && value !== "");
    if (texts.length !== values.length || texts.length === 0 || texts.length > MOST_FILTER_VALUES) return;
    filters.push({ Name: name, Values: texts.map((value) => escapeWildcards(String(value))) });
  };
  for (const [path, values] of Object.entries(filter.where)) {
    const name = filterNames.get(path);
    if (name !== undefined) push(name, values);
    else if (path === "powerState") push("instance-state-name", values.map(rawStateOf));
  }
  for (const [key, values] of Object.entries(filter.tags)) push(`tag:${key}`, values);
  return filters;
}

/** EC2 takes `*` and `?` in a filter's value for wildcards, and a backslash for "the next one as it is". */
function escapeWildcards(value: string): string {
  return value.replace(/[\\*?]/g, "\\$&");
}
