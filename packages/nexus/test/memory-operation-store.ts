import { background, type Clock, type OperationKey, type OperationStore } from "@cloudlink/core";

/** A store that kernels of one process share, as replicas share a Redis, and that shows what is in it. */
export interface MemoryOperationStore extends OperationStore {
  readonly texts: ReadonlyMap<string, string>;
}

export function createMemoryOperationStore(clock: Clock = background().clock): MemoryOperationStore {
  const texts = new Map<string, string>();
  const expiries = new Map<string, number>();
  const nameOf = ({ tenant, id }: OperationKey) => JSON.stringify([tenant, id]);
  return {
    texts,
    async put(_ctx, operation) {
      texts.set(nameOf(operation), operation.ticket);
      expiries.set(nameOf(operation), clock.monotonicMs() + operation.ttlMs);
    },
    async find(_ctx, key) {
      const isOver = (expiries.get(nameOf(key)) ?? 0) <= clock.monotonicMs();
      return isOver ? undefined : texts.get(nameOf(key));
    },
  };
}
