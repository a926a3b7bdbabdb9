import { background, type CallStats, type Context, NONE, noTelemetry, type Telemetry } from "@cloudlink/core";
import type { CommonOptions, ConnectionOptions } from "./command-options.ts";
import { traceOf } from "./command-trace.ts";
import { type CallPlace, callPlace } from "./connection/call-place.ts";
import type { Catalog, Connection } from "./connection/connection.ts";
import { createRowWriter } from "./output/create-row-writer.ts";
import type { Column, RowWriter } from "./output/row-writer.ts";
import { createSink } from "./output/sink.ts";
import { createReporter, type Reporter, reporterSettings } from "./report/reporter.ts";
import type { ShellIo } from "./shell-io.ts";

/** What a command runs in: what it calls, the context of its calls, and where its answer goes. Disposing of it closes the connection. */
export interface Session extends AsyncDisposable {
  readonly connection: Connection;
  /** Where that leads. */
  readonly place: CallPlace;
  /** Kinds and providers, asked for once. */
  catalog(): Promise<Catalog>;
  /** Ends at Ctrl-C, at the deadline, and when nobody reads the output any more. It is another one after `untimed`. */
  readonly ctx: Context;
  /** Runs what takes a person's time, of which nothing counts towards the deadline: afterwards `ctx` has as long as it had before. */
  untimed<Result>(task: () => Promise<Result>): Promise<Result>;
  /** See `ShellIo.interrupt`. */
  readonly interrupt: AbortSignal;
  /** Aborts, with `OutputClosed`, when nobody reads the output any more. */
  readonly outputClosed: AbortSignal;
  readonly reporter: Reporter;
  writer(columns: readonly Column[]): Promise<RowWriter>;
  /** What a call cost, with the logins that it took. */
  withLogins(stats: CallStats): CallStats;
}

/** Opens one. What is called is loaded only now. */
export async function openSession(io: ShellIo, options: CommonOptions & ConnectionOptions): Promise<Session> {
  const place = callPlace(options, io.env);
  const reporter = createReporter(io, reporterSettings(options));
  const logins: LoginCost = { vendorCalls: 0, retries: 0 };
  const sink = createSink(io.stdout);
  const connection = await io.connect({
    ...(place.server !== undefined && { server: place.server }),
    ...(place.config !== undefined && { config: place.config }),
    regions: options.region ?? [],
    accounts: options.account ?? [],
    profiles: options.profile ?? [],
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    ...(options.roleArn !== undefined && { roleArn: options.roleArn }),
    ...(options.externalId !== undefined && { externalId: options.externalId }),
    telemetry: telemetryTo(reporter, logins),
  });
  const plain = background(io.clock === undefined ? {} : { clock: io.clock }).withTenant(
    connection.tenant ?? "default",
  );
  const joined = plain.withTrace(traceOf(io)).withSignal(io.interrupt).withSignal(sink.closed);
  // Owned, so that nothing of the command outlives the session.
  let owned = joined.withTimeout(options.timeout ?? Number.POSITIVE_INFINITY).withCancel();
  let catalog: Promise<Catalog> | undefined;
  return {
    connection,
    place,
    catalog() {
      catalog ??= connection.catalog(owned);
      return catalog;
    },
    get ctx() {
      return owned;
    },
    async untimed(task) {
      const leftMs = owned.remainingMs();
      owned.cancel();
      try {
        return await task();
      } finally {
        owned = joined.withTimeout(leftMs).withCancel();
      }
    },
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
    withLogins: ({ vendorCalls, retries, ...rest }) => ({
      ...rest,
      vendorCalls: vendorCalls + logins.vendorCalls,
      retries: retries + logins.retries,
    }),
    async [Symbol.asyncDispose]() {
      owned.cancel();
      await connection.close();
    },
  };
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
