import type { RedisCluster } from "./start-redis-cluster.ts";

/**
 * Begins to move a slot from its master to another, and leaves it at that until it is ended: what is there stays with the one, and what is new comes to
 * the other. A slot that is moved to and fro all the time is no better test: nodes then lose track of whose it is, for seconds.
 */
export async function beginMoving(
  cluster: RedisCluster,
  { key }: { readonly key: string },
): Promise<{ end(): Promise<void> }> {
  const slot = await cluster.slotOf(key);
  const from = await cluster.masterOf(slot);
  const to = cluster.nodes.find((node) => node !== from);
  if (to === undefined) throw new Error("a cluster of one node has nowhere to move a slot to");
  await cluster.beginMigration({ slot, to });
  return {
    async end() {
      await cluster.moveKeys(slot);
      await cluster.endMigration(slot);
    },
  };
}
