import type { DryRun, OperationRecord, Ref } from "@cloudlink/core";
import { plainColumns } from "../plain-columns.ts";
import { fieldAt, type Row } from "./row.ts";
import type { Column, OutputForm } from "./row-writer.ts";

/** What decides the columns of an answer about actions. */
export interface ActionColumnRequest {
  readonly form: OutputForm;
  readonly fields: readonly string[] | undefined;
}

const refColumns: readonly Column[] = [
  { title: "ACCOUNT", path: "ref.account" },
  { title: "REGION", path: "ref.region" },
  { title: "ID", path: "ref.id", whole: true },
];

/** Beside the columns that are shown, what `--fields` may name of any row here. */
const refFields = ["ref", "nativeId", "kind", "ref.provider", "ref.partition", "ref.kind"];

/** The columns of operations. @throws `invalid_argument` for a field that there is not. */
export function operationColumns(request: ActionColumnRequest): readonly Column[] {
  const shown = ["action", "state", "replayed"];
  const wide = ["progress", "idempotencyKey", "token"];
  return columns(request, { shown, wide });
}

/** The columns of dry runs. @throws `invalid_argument` for a field that there is not. */
export function dryRunColumns(request: ActionColumnRequest): readonly Column[] {
  const shown = ["action", "allowed", "principal", "operations", "denial.message"];
  const wide = ["denial.code", "denial.reason"];
  return columns(request, { shown, wide });
}

function columns(
  { form, fields }: ActionColumnRequest,
  paths: { readonly shown: readonly string[]; readonly wide: readonly string[] },
): readonly Column[] {
  const shown = [...refColumns, ...paths.shown.map(titled)];
  const wide = [...shown, ...paths.wide.map(titled)];
  if (fields !== undefined) return plainColumns([...wide, ...refFields.map(titled)], fields);
  return form === "wide" || form === "csv" ? wide : shown;
}

function titled(path: string): Column {
  return { title: path.toUpperCase(), path, ...(path === "token" && { whole: true }) };
}

/** An action that was accepted. `-o name` prints the ref of its resource: `… -o name | xargs cloudlink get` is what is wanted next. */
export function operationRow(operation: OperationRecord, nativeIdOf: (ref: Ref) => string | undefined): Row {
  const { ref, action, status, replayed, idempotencyKey, token } = operation;
  const progress = status.state === "running" && status.progress !== undefined ? { progress: status.progress } : {};
  const record = {
    ...{ ref: ref.key, kind: ref.kind, action, state: status.state, ...progress },
    ...{ replayed, idempotencyKey, token },
  };
  return rowAbout({ ref, record, nativeIdOf });
}

/** What an action would do. */
export function dryRunRow(dryRun: DryRun, nativeIdOf: (ref: Ref) => string | undefined): Row {
  const { ref, action, allowed, denial, operations, principal } = dryRun;
  const record = {
    ...{ ref: ref.key, kind: ref.kind, action, allowed },
    ...(principal !== undefined && { principal }),
    operations,
    ...(denial !== undefined && { denial: denial.toJSON() }),
  };
  return rowAbout({ ref, record, nativeIdOf });
}

function rowAbout(of: {
  readonly ref: Ref;
  readonly record: Readonly<Record<string, unknown>>;
  nativeIdOf(ref: Ref): string | undefined;
}): Row {
  const { ref, record } = of;
  return {
    name: ref.key,
    record,
    field(path) {
      if (path.startsWith("ref.")) return fieldAt(ref, path.slice("ref.".length));
      return path === "nativeId" ? of.nativeIdOf(ref) : fieldAt(record, path);
    },
  };
}
