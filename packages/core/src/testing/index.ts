export { createManualClock, type ManualClock, type ManualClockSettings } from "./manual-clock.ts";
