import type { CommonOptions, PlaceOptions } from "../command-options.ts";
import { EXIT_OK } from "../exit-code.ts";
import { plainRow } from "../output/row.ts";
import type { Column } from "../output/row-writer.ts";
import { plainColumns } from "../plain-columns.ts";
import { openSession } from "../session.ts";
import type { ShellIo } from "../shell-io.ts";

const columns: readonly Column[] = [
  { title: "KIND", path: "kind" },
  { title: "VERSION", path: "version" },
  { title: "PROVIDERS", path: "providers" },
  { title: "VIEWS", path: "views" },
  { title: "ACTIONS", path: "actions" },
  { title: "DESCRIPTION", path: "description" },
];

/** `cloudlink kinds`: the kinds that the providers serve. It asks no vendor. */
export async function listKinds(io: ShellIo, options: CommonOptions & PlaceOptions): Promise<number> {
  await using session = await openSession(io, options);
  const { kinds, providers } = await session.catalog();
  const rows = kinds.map((kind) => {
    const serving = providers.filter(({ metadata }) =>
      metadata.kinds.some((each) => each.kind === kind.name && each.major === kind.major),
    );
    return plainRow(kind.name, {
      kind: kind.name,
      version: `${kind.major}.${kind.minor}`,
      providers: serving.map(({ metadata }) => metadata.name),
      views: kind.views,
      actions: Object.keys(kind.actions).filter((action) =>
        serving.some(({ metadata }) =>
          metadata.kinds.some((each) => each.kind === kind.name && Object.hasOwn(each.actions ?? {}, action)),
        ),
      ),
      description: kind.description,
    });
  });
  const writer = await session.writer(plainColumns(columns, options.fields));
  await writer.rows(rows);
  await writer.end({});
  return EXIT_OK;
}
