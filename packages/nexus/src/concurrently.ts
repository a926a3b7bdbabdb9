/** Runs `task` for each item, at most `limit` at a time. It never rejects by itself: what a task throws is the task's to handle. */
export async function concurrently<Item>(
  items: readonly Item[],
  { limit, task }: { readonly limit: number; task(item: Item): Promise<void> },
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
