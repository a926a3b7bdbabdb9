import { CONTRACT_VERSION, defineKind, type KindCapabilities, type Provider } from "@cloudlink/core";

const lampSchema = {
  "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) },
  toJsonSchema: () => ({}),
} as const;

/** The kind that {@link tinyProvider} serves. */
const Lamp = defineKind<{ readonly on: boolean; readonly room?: string }>()({
  name: "home.Lamp",
  major: 1,
  minor: 0,
  description: "A lamp.",
  views: ["standard"],
  defaultView: "standard",
  filters: ["room"],
  actions: {},
  columns: { table: [], wide: [] },
  loadSchema: async () => lampSchema as never,
});

/** What {@link tinyProvider} declares of its kind. */
export const lampCapabilities: KindCapabilities = {
  kind: "home.Lamp",
  major: 1,
  regional: false,
  refTemplates: [],
  get: { operations: ["read"], views: ["standard"] },
};

/** What {@link tinyProvider} takes. */
export interface TinySettings {
  readonly name?: string;
  readonly version?: string;
  readonly kinds?: readonly KindCapabilities[];
  close?(): Promise<void>;
}

/** A whole provider of one lamp. */
export function tinyProvider({ name = "tiny", version = "1.0.0", kinds, close }: TinySettings = {}): Provider {
  return {
    contractVersion: CONTRACT_VERSION,
    metadata: {
      name,
      version,
      displayName: "Tiny",
      partitions: ["-"],
      kinds: kinds ?? [lampCapabilities],
      limits: [],
      hosts: [],
      credentials: { ambient: true, parameters: [], keys: [] },
    },
    kinds: [
      {
        kind: Lamp,
        get: async (call, { ref, view }) => ({ ref, view, value: { on: true }, observedAt: call.ctx.clock.nowMs() }),
      },
    ],
    identify: async () => ({ partition: "-", account: "home", principal: "tiny", regions: ["-"] }),
    close: close ?? (async () => {}),
  };
}
