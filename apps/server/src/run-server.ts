import { CloudLinkError } from "@cloudlink/core";
import { type Logger, pino } from "pino";
import type { ServerOptions } from "./command-line.ts";
import { composeServer } from "./compose-server.ts";
import { endingSignal } from "./ending-signal.ts";
import { DEFAULT_PORT } from "./server-settings.ts";
import { type RunningServer, startServer } from "./start-server.ts";

/**
 * Serves until SIGINT or SIGTERM, then drains. A second signal ends the process at once.
 *
 * @returns the exit code: 0 after a drain, 1 when it could not start or end.
 */
export async function runServer(options: ServerOptions): Promise<number> {
  // Before anything that takes time: who starts a server may end it at once.
  const ending = endingSignal();
  const logger = createLogger(options);
  try {
    await using composed = await composeServer(options);
    await using server = await listen({ ...composed.settings, logger });
    process.stderr.write(`cloudlink-server: ${server.url} (documentation: ${server.url}/docs). Ctrl-C ends it.\n`);
    logger.info({ signal: await ending }, "ending");
    await server.close();
    await composed.close();
    return 0;
  } catch (error) {
    // Told on stderr whatever becomes of the log.
    process.stderr.write(`cloudlink-server: ${messageOf(error)}\n`);
    return 1;
  } finally {
    logger.flush();
  }
}

async function listen(settings: Parameters<typeof startServer>[0]): Promise<RunningServer> {
  try {
    return await startServer(settings);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    const why = code === "EADDRINUSE" ? "is taken by another program" : "is not for this user to take";
    throw new CloudLinkError({
      reason: "ErrInvalidSettings",
      message: `Port ${settings.port ?? DEFAULT_PORT} ${why}. Choose another by --port, or 0 for any that is free.`,
      origin: "caller",
      cause: error,
    });
  }
}

function createLogger({ logLevel, logTo }: ServerOptions): Logger {
  // In step with the program: what was logged when it ends has been written.
  const destination = pino.destination({ fd: logTo === "stdout" ? 1 : 2, sync: true });
  // Nobody reads it any more, which is no reason to end.
  destination.on("error", () => {});
  return pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function messageOf(error: unknown): string {
  if (CloudLinkError.isInstance(error)) return error.rawMessage;
  return error instanceof Error ? error.message : String(error);
}
