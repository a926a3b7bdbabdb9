import { background, type Context, type Kind, noTelemetry, type Telemetry } from "@cloudlink/core";
import type { Nexus } from "@cloudlink/nexus";
import type { CommonOptions, ConnectionOptions } from "./command-options.ts";
import { traceOf } from "./command-trace.ts";
import { createRowWriter } from "./output/create-row-writer.ts";
import type { Column, RowWriter } from "./output/row-writer.ts";
import { createSink } from "./output/sink.ts";
import { createReporter, type Reporter } from "./report/reporter.ts";
import type { ShellIo } from "./shell-io.ts";
import { usageError } from "./usage-error.ts";

/** What a command runs in: the kernel, the context of its calls, and where its answer goes. Disposing of it closes the kernel. */
export interface Session extends AsyncDisposable {
  readonly nexus: Nexus;
  /** Ends at Ctrl-C, at the deadline, and when nobody reads the output any more. */
  readonly ctx: Context;
  /** Aborts, with `OutputClosed`, when nobody reads the output any more. */
  readonly outputClosed: AbortSignal;
  readonly reporter: Reporter;
  writer(columns: readonly Column[]): Promise<RowWriter>;
  /** The kind of that name. @throws `invalid_argument` that lists the kinds there are. */
  kind(name: string): Kind;
}

/** Opens one. The kernel is connected to only now, with all that this loads. */
export async function openSession(io: ShellIo, options: CommonOptions & ConnectionOptions): Promise<Session> {
  const reporter = createReporter(io, reporterSettings(options));
  const sink = createSink(io.stdout);
  const joined = background().withTrace(traceOf(io)).withSignal(io.interrupt).withSignal(sink.closed);
  // Owned, so that nothing of the command outlives the session.
  const owned = (options.timeout === undefined ? joined : joined.withTimeout(options.timeout)).withCancel();
  const nexus = await io.connect({
    regions: options.region ?? [],
    accounts: options.account ?? [],
    profiles: options.profile ?? [],
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    ...(options.roleArn !== undefined && { roleArn: options.roleArn }),
    ...(options.externalId !== undefined && { externalId: options.externalId }),
    ...(options.verbose === true && { telemetry: verboseTelemetry(reporter) }),
  });
  return {
    nexus,
    ctx: owned,
    outputClosed: sink.closed,
    reporter,
    writer: (columns) =>
      createRowWriter({
        sink,
        form: options.output,
        columns,
        projected: options.fields !== undefined,
        rawCsv: options.rawCsv === true,
      }),
    kind(name) {
      const kinds = nexus.kinds();
      const kind = kinds.find((each) => each.name === name) ?? kinds.find((each) => sameName(each.name, name));
      if (kind !== undefined) return kind;
      throw usageError(`There is no kind "${name}". There are: ${kinds.map((each) => each.name).join(", ")}.`);
    },
    async [Symbol.asyncDispose]() {
      owned.cancel();
      await nexus.close();
    },
  };
}

/** `virtualmachine` is good enough at a shell, where it can mean one kind only. */
function sameName(kind: string, name: string): boolean {
  const wanted = name.toLowerCase();
  return kind.toLowerCase() === wanted || kind.toLowerCase().split(".")[1] === wanted;
}

/** How the reporter of a command is set up. */
function reporterSettings(options: CommonOptions): Parameters<typeof createReporter>[1] {
  return {
    form: options.output,
    quiet: options.quiet === true,
    verbose: options.verbose === true,
    color: options.color,
  };
}

function verboseTelemetry(reporter: Reporter): Telemetry {
  const place = (scope: { partition: string; account: string; region: string }) =>
    [scope.partition, scope.account, scope.region].join("/");
  return {
    ...noTelemetry,
    vendorRequest: ({ operation, scope }) => reporter.detail(`→ ${operation} ${place(scope)}`),
    retry: ({ operation, scope, code, delayMs }) =>
      reporter.detail(`↻ ${operation} ${place(scope)} again in ${Math.round(delayMs)}ms, after ${code}`),
  };
}
