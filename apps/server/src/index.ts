export { type EndingSignal, endingSignal } from "./ending-signal.ts";
export type { ServerSettings } from "./server-settings.ts";
export { type RunningServer, startServer } from "./start-server.ts";
