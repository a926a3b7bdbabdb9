import type { RedisNode } from "./redis-node.ts";
import { until } from "./until.ts";

/**
 * Moves slots between masters in the steps that Redis itself takes (https://redis.io/docs/latest/commands/cluster-setslot/), so that
 * a test can look at what a client does in the middle.
 */
export interface SlotMigration {
  /** The slot of a key. */
  slotOf(key: string): Promise<number>;
  /** The master that has a slot, as it says itself. */
  masterOf(slot: number): Promise<RedisNode>;
  /**
   * From now on the slot's master sends clients to `to`, by ASK, for keys that it does not have; `to` serves them after ASKING only.
   */
  beginMigration(request: { readonly slot: number; readonly to: RedisNode }): Promise<void>;
  /** Moves all keys of a slot whose migration has begun. */
  moveKeys(slot: number): Promise<void>;
  /** The slot is with the other one now: its former master sends clients there for good, by MOVED. Its keys have to be there. Settles when all nodes say so. */
  endMigration(slot: number): Promise<void>;
}

/** How many keys are moved at a time: enough for tests, little enough not to hold a node up. */
const BATCH = 100;
const MIGRATE_TIMEOUT_MS = 10_000;
const AGREE_TIMEOUT_MS = 20_000;

/** The steps of moving slots between these nodes. */
export function migrateSlots(nodes: readonly RedisNode[]): SlotMigration {
  const underWay = new Map<number, { readonly from: RedisNode; readonly to: RedisNode }>();
  const migration = (slot: number) => {
    const found = underWay.get(slot);
    if (found === undefined) throw new Error(`The migration of slot ${slot} has not begun: call beginMigration first`);
    return found;
  };
  const setSlot = async (node: RedisNode, args: readonly string[]) => {
    await node.command(["CLUSTER", "SETSLOT", ...args]);
  };

  /** The ports that a node names for a slot: its master's, as far as it has heard. */
  const namedBy = async (node: RedisNode, slot: number) => {
    const ranges = (await node.command(["CLUSTER", "SLOTS"])) as SlotRange[];
    return ranges.flatMap(([from, to, [, port]]) => (from <= slot && slot <= to ? [port] : []));
  };

  const masterOf = async (slot: number) => {
    // Each of itself: of the others, a node may have heard nothing yet since a slot was moved.
    const owners = await Promise.all(
      nodes.map(async (node) => {
        const named = await namedBy(node, slot).catch((): number[] => []);
        return named.includes(node.port) ? [node] : [];
      }),
    );
    const [master] = owners.flat();
    if (master === undefined) throw new Error(`No master has slot ${slot}`);
    return master;
  };

  return {
    slotOf: async (key) => Number(await Promise.any(nodes.map((node) => node.command(["CLUSTER", "KEYSLOT", key])))),
    masterOf,
    async beginMigration({ slot, to }) {
      const from = await masterOf(slot);
      // The target first: whom the source sends there has to be served.
      await setSlot(to, [String(slot), "IMPORTING", await idOf(from)]);
      await setSlot(from, [String(slot), "MIGRATING", await idOf(to)]);
      underWay.set(slot, { from, to });
    },
    async moveKeys(slot) {
      const { from, to } = migration(slot);
      for (;;) {
        const keys = (await from.command(["CLUSTER", "GETKEYSINSLOT", String(slot), String(BATCH)])) as string[];
        if (keys.length === 0) return;
        const target = [to.host, String(to.port), "", "0", String(MIGRATE_TIMEOUT_MS)];
        await from.command(["MIGRATE", ...target, "KEYS", ...keys]);
      }
    },
    async endMigration(slot) {
      const { from, to } = migration(slot);
      const args = [String(slot), "NODE", await idOf(to)];
      // The new master first, so that at no time nobody has the slot.
      await setSlot(to, args);
      await setSlot(from, args);
      underWay.delete(slot);
      // The other masters hear of it from these two as well. Replicas only do: they refuse to be told, and those that are down too.
      await Promise.allSettled(nodes.map((node) => setSlot(node, args)));
      // A slot that is moved on before all agree where it is may come back: whoever says it last is believed.
      const awaited = { what: `nodes that agree on slot ${slot}`, timeoutMs: AGREE_TIMEOUT_MS };
      await until(awaited, async () => {
        const named = await Promise.all(nodes.map((node) => namedBy(node, slot).catch(() => [to.port])));
        return named.every((ports) => ports.includes(to.port)) || undefined;
      });
    },
  };
}

/** From, to, and the master's address. */
type SlotRange = readonly [number, number, readonly [string, number]];

async function idOf(node: RedisNode): Promise<string> {
  return String(await node.command(["CLUSTER", "MYID"]));
}
