import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that systems give to outgoing connections (Linux: from 32768, others: from 49152), so that a server that is
 * down for a while finds its port free again.
 */
const LOWEST = 10_000;
const HIGHEST = 32_767;

/**
 * A port of 127.0.0.1 on which nobody listens, for a server that has to be told one. Another process may be faster: whoever
 * starts the server has to try again then.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    const server = createServer();
    server.listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      continue;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}

/** Two processes that are given the same free port by chance are rare; five times in a row, something else is the matter. */
const ATTEMPTS = 5;

/** Starts something on a free port, and on another one should somebody have been faster. */
export async function onFreePort<Started>(start: (port: number) => Promise<Started>): Promise<Started> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      // In the words of every server here, and of the systems' own.
      if (attempt === ATTEMPTS || !/address already in use/i.test(String(error))) throw error;
    }
  }
}
