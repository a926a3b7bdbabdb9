import type { Kind } from "@cloudlink/core";
import type { CommonOptions, PlaceOptions } from "../command-options.ts";
import { type Catalog, kindNamed } from "../connection/connection.ts";
import { EXIT_OK } from "../exit-code.ts";
import { fieldsOf, type KindField } from "../kind-fields.ts";
import { freshnessText } from "../output/freshness-text.ts";
import { neutralize } from "../output/neutralize.ts";
import { plainRow } from "../output/row.ts";
import type { Column } from "../output/row-writer.ts";
import { createSink } from "../output/sink.ts";
import { plainColumns } from "../plain-columns.ts";
import { openSession } from "../session.ts";
import type { ShellIo } from "../shell-io.ts";
import { capabilitiesOf } from "./providers.ts";

const columns: readonly Column[] = [
  { title: "FIELD", path: "path" },
  { title: "TYPE", path: "type" },
  { title: "REQUIRED", path: "required" },
  { title: "FILTER", path: "filter" },
  { title: "DESCRIPTION", path: "description" },
];

/** `cloudlink describe <kind>`: what can be asked about a kind, and of whom. It asks no vendor. */
export async function describe(io: ShellIo, name: string, options: CommonOptions & PlaceOptions): Promise<number> {
  await using session = await openSession(io, options);
  const catalog = await session.catalog();
  const kind = kindNamed(catalog, name);
  const fields = await fieldsOf(kind);
  const shown = plainColumns(columns, options.fields);
  switch (options.output) {
    case "table":
    case "wide":
      await createSink(io.stdout).write(await pageOf(catalog, { kind, fields, shown }));
      return EXIT_OK;
    case "csv":
    case "name": {
      const writer = await session.writer(shown);
      await writer.rows(fields.map((field) => plainRow(field.path, fieldRecord(kind, field))));
      await writer.end({});
      return EXIT_OK;
    }
    default: {
      const writer = await session.writer(shown);
      await writer.one(plainRow(kind.name, await descriptionOf(catalog, { kind, fields })));
      return EXIT_OK;
    }
  }
}

function fieldRecord(kind: Kind, field: KindField): Readonly<Record<string, unknown>> {
  const type = field.values === undefined ? field.type : field.values.join(" | ");
  return { ...field, type, filter: filterOf(kind, field.path) };
}

/** How a list is narrowed by a field, and from which view on, where not every one has it. */
function filterOf(kind: Kind, path: string): string {
  if (path === "tags.*") return "tag";
  if (!kind.filters.includes(path)) return "";
  const fromView = kind.filterRules?.[path]?.fromView;
  return fromView === undefined ? "where" : `where (view ${fromView})`;
}

async function descriptionOf(catalog: Catalog, { kind, fields }: { kind: Kind; fields: readonly KindField[] }) {
  const { name, major, minor, description, views, defaultView, filters, filterRules, actions, freshness } = kind;
  const schema = (await kind.loadSchema()).toJsonSchema();
  const providers = servedBy(catalog, kind);
  return {
    name,
    major,
    minor,
    description,
    views,
    defaultView,
    filters,
    ...(filterRules !== undefined && { filterRules }),
    actions: Object.values(actions),
    ...(freshness !== undefined && { freshness }),
    providers,
    fields,
    schema,
  };
}

function servedBy(catalog: Catalog, kind: Kind) {
  return catalog.providers.flatMap(({ metadata }) => {
    const declared = metadata.kinds.find((each) => each.kind === kind.name && each.major === kind.major);
    if (declared === undefined) return [];
    return [
      {
        provider: metadata.name,
        version: metadata.version,
        capabilities: capabilitiesOf(declared),
        ...(declared.freshness !== undefined && { freshness: declared.freshness }),
        ids: declared.refTemplates.map(({ template }) => template),
      },
    ];
  });
}

async function pageOf(
  catalog: Catalog,
  { kind, fields, shown }: { kind: Kind; fields: readonly KindField[]; shown: readonly Column[] },
): Promise<string> {
  const { tableOf } = await import("../output/table-writer.ts");
  const views = kind.views.map((view) => (view === kind.defaultView ? `${view} (default)` : view)).join(", ");
  const actions = Object.values(kind.actions).map(
    (action) => `  ${action.name}: ${action.description}${action.idempotent ? "" : " Not repeated by itself."}\n`,
  );
  const providers = servedBy(catalog, kind).map(
    ({ provider, version, capabilities, freshness, ids }) =>
      `  ${provider} ${version}: ${capabilities.join(", ")}\n${freshness === undefined ? "" : `    its own: ${freshnessText(freshness)}\n`}${ids.map((id) => `    ${id}\n`).join("")}`,
  );
  const head = [
    `${kind.name} v${kind.major}.${kind.minor}\n${kind.description}\n`,
    `\nViews: ${views}\n`,
    `Filters (--where): ${kind.filters.join(", ")}; tags by --tag name=value\n`,
    `Oldest answer where --max-age does not say: ${freshnessText(kind.freshness)}\n`,
    `\nActions that the kind has; a provider says below which it can do:\n${actions.join("")}`,
    `\nProviders, what they can do, and the ids they know:\n${providers.join("")}\n`,
  ];
  const table = tableOf(
    fields.map((field) => plainRow(field.path, fieldRecord(kind, field))),
    shown,
  );
  // Line by line: what providers say of themselves is as foreign as what vendors say.
  return head.join("").split("\n").map(neutralize).join("\n") + table;
}
