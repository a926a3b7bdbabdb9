import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { freePort, onFreePort } from "./free-port.ts";

/** Listens, and says in its error when somebody else does. */
async function listen(port: number): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return port;
}

test("a free port can be listened on, and is none that systems give to connections", async () => {
  const port = await listen(await freePort());
  expect(port).toBeGreaterThanOrEqual(10_000);
  expect(port).toBeLessThan(32_768);
});

test("what is started on a free port gets another one when somebody was faster", async () => {
  const tried: number[] = [];
  const port = await onFreePort(async (free) => {
    tried.push(free);
    if (tried.length === 1) await listen(free);
    return await listen(free);
  });
  expect(tried).toHaveLength(2);
  expect(port).toBe(tried[1]);
});

test("what fails for another reason is not tried again", async () => {
  let tries = 0;
  const failing = onFreePort(async () => {
    tries += 1;
    throw new Error("no memory");
  });
  await expect(failing).rejects.toThrow("no memory");
  expect(tries).toBe(1);
});
