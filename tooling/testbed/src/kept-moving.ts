import type { RedisCluster } from "./start-redis-cluster.ts";

/**
 * Moves a slot from master to master for as long as it is not disposed of. Most of the time some of its keys are here and some there, or it is about to
 * be moved or was just now.
 */
export function keptMoving(
  cluster: RedisCluster,
  { slot }: { readonly slot: number },
): AsyncDisposable & { readonly moves: number } {
  let isEnded = false;
  let moves = 0;
  const move = async () => {
    for (let to = 0; !isEnded; to = (to + 1) % 3) {
      const target = cluster.nodes[to];
      if (target === undefined || (await cluster.masterOf(slot)) === target) continue;
      await cluster.beginMigration({ slot, to: target });
      await cluster.moveKeys(slot);
      await cluster.endMigration(slot);
      moves += 1;
    }
  };
  const moving = move();
  return {
    get moves() {
      return moves;
    },
    async [Symbol.asyncDispose]() {
      isEnded = true;
      await moving;
    },
  };
}
