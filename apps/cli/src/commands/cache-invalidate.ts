import { quote } from "@cloudlink/core";
import type { InvalidateRequest } from "@cloudlink/core/calls";
import type { InvalidateOptions } from "../command-options.ts";
import { type Catalog, kindNamed } from "../connection/connection.ts";
import { EXIT_OK } from "../exit-code.ts";
import { plainRow } from "../output/row.ts";
import { plainColumns } from "../plain-columns.ts";
import type { Assignment } from "../selection.ts";
import type { ShellIo } from "../shell-io.ts";
import { usageError } from "../usage-error.ts";
import { openServerCache } from "./server-cache.ts";

/** What is to be forgotten, as it was written. */
type Selection = {
  readonly [Name in "ref" | "kind" | "provider" | "account" | "region" | "tag"]: InvalidateOptions[Name] | undefined;
};

/** `cloudlink cache invalidate`: has a server forget what is chosen, or `--all`. Fewer reads are answered from memory then, and nothing is lost. */
export async function cacheInvalidate(io: ShellIo, options: InvalidateOptions): Promise<number> {
  const { ref, kind, provider, account, region, tag, all, ...rest } = options;
  const selection = { ref, kind, provider, account, region, tag };
  checkSelection(selection, all === true);
  const columns = plainColumns([{ title: "INVALIDATED", path: "invalidated" }], options.fields);
  await using session = await openServerCache(io, rest);
  const { connection, ctx, place } = session;
  const request = requestOf(selection, all === true ? undefined : await session.catalog());
  const { invalidated } = await connection.invalidate(ctx, request);
  const writer = await session.writer(columns);
  await writer.one(plainRow(place.server ?? "", { invalidated, traceId: ctx.trace?.traceId }));
  return EXIT_OK;
}

/** Everything is forgotten only where that was written: a choice that was left out by mistake is no wish for it. */
function checkSelection(selection: Selection, all: boolean): void {
  const chosen = Object.entries(selection).find(([, value]) => value !== undefined);
  if (chosen === undefined && !all) {
    throw usageError(
      "Say what is to be forgotten: --ref, --kind, --provider, --account, --region or --tag, of which all given must hold; or everything, with --all.",
    );
  }
  if (chosen !== undefined && all) {
    throw usageError(`--all and --${chosen[0]} contradict each other: leave one of them out.`);
  }
}

/** @param catalog - where there is something to look up: what is misspelt would just match nothing. */
function requestOf(selection: Selection, catalog: Catalog | undefined): InvalidateRequest {
  if (catalog === undefined) return {};
  const { ref, kind, provider, account, region, tag } = selection;
  return {
    ...(ref !== undefined && { ref: catalog.resolveRef(ref) }),
    ...(kind !== undefined && { kind: kindNamed(catalog, kind).name }),
    ...(provider !== undefined && { provider: knownProvider(catalog, provider) }),
    ...(account !== undefined && { account }),
    ...(region !== undefined && { region }),
    ...(tag !== undefined && { tags: tagsOf(tag) }),
  };
}

function knownProvider({ providers }: Catalog, name: string): string {
  const names = providers.map(({ metadata }) => metadata.name);
  if (names.includes(name)) return name;
  throw usageError(`There is no provider ${quote(name)}. There are: ${names.join(", ")}.`);
}

function tagsOf(tags: readonly Assignment[]): Readonly<Record<string, string>> {
  const twice = tags.find(([name], index) => tags.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined) {
    throw usageError(
      `--tag has ${quote(twice[0])} twice, and a resource has one value of it: each is a command of its own.`,
    );
  }
  return Object.fromEntries(tags);
}
