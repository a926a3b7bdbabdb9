import type { RedisNode } from "./redis-node.ts";

/** Waits for nodes that are being started; should one fail, the others are ended. */
export async function allStarted(starting: readonly Promise<RedisNode>[]): Promise<RedisNode[]> {
  const results = await Promise.allSettled(starting);
  const nodes = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failure = results.find((result) => result.status === "rejected");
  if (failure === undefined) return nodes;
  await stopAll(nodes);
  throw failure.reason;
}

export async function stopAll(nodes: readonly RedisNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.stop()));
}

/** Makes something of nodes; should that fail, they are ended. */
export async function orStopAll<Result>(nodes: readonly RedisNode[], make: () => Promise<Result>): Promise<Result> {
  try {
    return await make();
  } catch (error) {
    await stopAll(nodes);
    throw error;
  }
}

/** Whether what `INFO` or `CLUSTER INFO` answers has all of these lines. */
export async function says(node: RedisNode, request: { command: readonly string[]; lines: readonly string[] }) {
  const said = String(await node.command(request.command)).split("\r\n");
  return request.lines.every((line) => said.includes(line));
}
