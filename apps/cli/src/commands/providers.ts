import type { KindCapabilities } from "@cloudlink/core";
import type { CommonOptions, PlaceOptions } from "../command-options.ts";
import type { CatalogProvider } from "../connection/connection.ts";
import { EXIT_OK } from "../exit-code.ts";
import { plainRow, type Row } from "../output/row.ts";
import type { Column } from "../output/row-writer.ts";
import { plainColumns } from "../plain-columns.ts";
import { openSession } from "../session.ts";
import type { ShellIo } from "../shell-io.ts";

const columns: readonly Column[] = [
  { title: "NAME", path: "name" },
  { title: "VERSION", path: "version" },
  { title: "CONTRACT", path: "contractVersion" },
  { title: "KINDS", path: "kinds" },
  { title: "CAPABILITIES", path: "capabilities" },
  { title: "PARTITIONS", path: "partitions" },
  { title: "LIMITS", path: "limits" },
];

/** `cloudlink providers`: what the providers say of themselves. It asks no vendor. */
export async function listProviders(io: ShellIo, options: CommonOptions & PlaceOptions): Promise<number> {
  await using session = await openSession(io, options);
  const writer = await session.writer(plainColumns(columns, options.fields));
  const { providers } = await session.catalog();
  await writer.rows(providers.map(rowOf));
  await writer.end({});
  return EXIT_OK;
}

function rowOf({ contractVersion, metadata }: CatalogProvider): Row {
  const summary: Readonly<Record<string, unknown>> = {
    name: metadata.name,
    version: metadata.version,
    contractVersion,
    kinds: metadata.kinds.map(({ kind, major }) => `${kind} v${major}`),
    capabilities: [...new Set(metadata.kinds.flatMap(capabilitiesOf))],
    partitions: metadata.partitions,
    limits: metadata.limits.map(
      ({ name, burst, refillPerSecond, dimensions }) =>
        `${name}: ${burst} + ${refillPerSecond}/s per ${dimensions.join(" × ")}`,
    ),
  };
  const row = plainRow(metadata.name, summary);
  // The machine-readable forms have all of it.
  return { ...row, record: { contractVersion, ...metadata } };
}

/** What a provider declares of a kind, by name. */
export function capabilitiesOf(declared: KindCapabilities): readonly string[] {
  const reads = (["get", "getMany", "list"] as const).filter((name) => declared[name] !== undefined);
  return [...reads, ...Object.keys(declared.actions ?? {})];
}
