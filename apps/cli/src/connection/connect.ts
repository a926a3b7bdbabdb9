import type { Connection, ConnectionSettings } from "./connection.ts";

/** Connects to what the settings name. Of the three ways there are, and all that is behind them, only the one that is taken is loaded. */
export async function connect(settings: ConnectionSettings): Promise<Connection> {
  const { server, config } = settings;
  if (server !== undefined) return (await import("./server-connection.ts")).connectToServer(server);
  if (config !== undefined) {
    return await (await import("./configured-connection.ts")).connectAsConfigured(config, settings);
  }
  return await (await import("./local-connection.ts")).connectLocally(settings);
}
