/** Makes reads in the given order, so many of them at any time: whoever has its answer asks for the next. */
export async function inFlight(
  { order, flights }: { readonly order: Uint32Array; readonly flights: number },
  read: (key: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const loop = async () => {
    while (next < order.length) {
      const key = order[next] as number;
      next += 1;
      await read(key);
    }
  };
  await Promise.all(Array.from({ length: flights }, loop));
}
