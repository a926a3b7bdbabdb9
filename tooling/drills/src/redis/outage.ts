import type { ActiveToxic, RedisNode, ToxicProxy } from "@cloudlink/testbed";

/** How Redis goes away, and comes back. */
export interface Outage {
  readonly name: "killed" | "blackholed" | "frozen";
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** In the order in which they come. */
export function outagesOf(server: RedisNode, proxy: ToxicProxy): readonly Outage[] {
  let toxics: readonly ActiveToxic[] = [];
  return [
    // It comes back without its data, as one that keeps it in memory alone.
    { name: "killed", begin: () => server.kill(), end: () => server.restart() },
    {
      name: "blackholed",
      // Connections stay, and are made anew: nothing comes through them, in either direction.
      async begin() {
        const deaf = { type: "timeout", attributes: { timeout: 0 } } as const;
        toxics = [
          await proxy.addToxic({ ...deaf, stream: "upstream" }),
          await proxy.addToxic({ ...deaf, stream: "downstream" }),
        ];
      },
      async end() {
        for (const toxic of toxics) await toxic.remove();
      },
    },
    // What it was sent meanwhile it reads when it goes on.
    { name: "frozen", begin: async () => server.freeze(), end: async () => server.thaw() },
  ];
}
