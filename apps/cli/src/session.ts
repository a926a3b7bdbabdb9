import {
  background,
  type CallStats,
  type Context,
  type Kind,
  NONE,
  noTelemetry,
  quote,
  type Telemetry,
} from "@cloudlink/core";
import type { Nexus } from "@cloudlink/nexus";
import type { CommonOptions, ConnectionOptions } from "./command-options.ts";
import { traceOf } from "./command-trace.ts";
import { createRowWriter } from "./output/create-row-writer.ts";
import type { Column, RowWriter } from "./output/row-writer.ts";
import { createSink } from "./output/sink.ts";
import { createReporter, type Reporter, reporterSettings } from "./report/reporter.ts";
import type { ShellIo } from "./shell-io.ts";
import { usageError } from "./usage-error.ts";

/** What a command runs in: the kernel, the context of its calls, and where its answer goes. Disposing of it closes the kernel. */
export interface Session extends AsyncDisposable {
  readonly nexus: Nexus;
  /** Ends at Ctrl-C, at the deadline, and when nobody reads the output any more. */
  readonly ctx: Context;
  /** See `ShellIo.interrupt`. */
  readonly interrupt: AbortSignal;
  /** Aborts, with `OutputClosed`, when nobody reads the output any more. */
  readonly outputClosed: AbortSignal;
  readonly reporter: Reporter;
  writer(columns: readonly Column[]): Promise<RowWriter>;
  /** What a call cost, with the logins that it took. */
  withLogins(stats: CallStats): CallStats;
  /** The kind of that name. @throws `invalid_argument` (`ErrUnknownKind`) that lists the kinds there are. */
  kind(name: string): Kind;
}

/** Opens one. The kernel is connected to only now, with all that this loads. */
export async function openSession(io: ShellIo, options: CommonOptions & ConnectionOptions): Promise<Session> {
  const reporter = createReporter(io, reporterSettings(options));
  const logins: LoginCost = { vendorCalls: 0, retries: 0 };
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
    telemetry: telemetryTo(reporter, logins),
  });
  return {
    nexus,
    ctx: owned,
    interrupt: io.interrupt,
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
      const known = kinds.map((each) => each.name).join(", ");
      throw usageError(`There is no kind ${quote(name)}. There are: ${known}.`, "ErrUnknownKind");
    },
    withLogins: ({ vendorCalls, retries, ...rest }) => ({
      ...rest,
      vendorCalls: vendorCalls + logins.vendorCalls,
      retries: retries + logins.retries,
    }),
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

/** What was spent on logging in, which no answer's stats have. */
interface LoginCost {
  vendorCalls: number;
  retries: number;
}

/** Tells the reporter, and adds up in `logins` what only logs in: that is of no kind. */
function telemetryTo(reporter: Reporter, logins: LoginCost): Telemetry {
  const place = (scope: { partition: string; account: string; region: string }) =>
    [scope.partition, scope.account, scope.region].join("/");
  return {
    ...noTelemetry,
    vendorRequest({ operation, scope, kind }) {
      if (kind === NONE) logins.vendorCalls += 1;
      reporter.detail(`→ ${operation} ${place(scope)}`);
    },
    retry({ operation, scope, kind, code, delayMs }) {
      if (kind === NONE) logins.retries += 1;
      reporter.detail(`↻ ${operation} ${place(scope)} again in ${Math.round(delayMs)}ms, after ${code}`);
    },
  };
}
