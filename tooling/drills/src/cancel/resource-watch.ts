import { createHook } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { EventEmitter } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";

/** What is there, of what was not there when the watch began. */
export interface Resources {
  /** Also those that do not keep a process alive, as deadlines are. */
  readonly timers: number;
  /** Connections that a client opened and that are not closed. */
  readonly sockets: number;
  /** Requests and responses of clients that have not ended. */
  readonly streams: number;
  /** Listeners of the process's own events. */
  readonly processListeners: number;
  /** All else that keeps the process alive, by `process.getActiveResourcesInfo()`. */
  readonly handles: number;
}

export interface ResourceWatch extends Disposable {
  now(): Resources;
  /** Waits until `isSo`, for as many turns of the event loop as it takes and for so long at most: what was let go closes in its own time. */
  settled(isSo: (resources: Resources) => boolean): Promise<Resources>;
}

/** What is let go of now is closed within a few turns; this is for a machine that is busy with other things. */
const SETTLED_MS = 5_000;

export function watchResources(): ResourceWatch {
  const timers = new Set<number>();
  const hook = createHook({
    init(id, type) {
      if (type === "Timeout") timers.add(id);
    },
    destroy: (id) => void timers.delete(id),
    // Of no interest, and the most of what there is.
    trackPromises: false,
  });
  const sockets = new Set<EventEmitter>();
  const streams = new Set<EventEmitter>();
  const until = (emitters: Set<EventEmitter>, emitter: EventEmitter) => {
    emitters.add(emitter);
    emitter.once("close", () => emitters.delete(emitter));
  };
  const channels = [
    ["net.client.socket", (message: unknown) => until(sockets, (message as { socket: EventEmitter }).socket)],
    [
      "http.client.request.created",
      (message: unknown) => until(streams, (message as { request: EventEmitter }).request),
    ],
    [
      "http.client.response.finish",
      (message: unknown) => until(streams, (message as { response: EventEmitter }).response),
    ],
  ] as const;
  for (const [channel, listener] of channels) subscribe(channel, listener);
  hook.enable();
  const before = { listeners: processListeners(), handles: otherHandles() };

  const now = (): Resources => ({
    timers: timers.size,
    sockets: sockets.size,
    streams: streams.size,
    processListeners: added(before.listeners, processListeners()),
    handles: added(before.handles, otherHandles()),
  });
  return {
    now,
    async settled(isSo) {
      const endsAt = performance.now() + SETTLED_MS;
      let found = now();
      while (!isSo(found) && performance.now() < endsAt) {
        await nextTurn();
        found = now();
      }
      return found;
    },
    [Symbol.dispose]() {
      hook.disable();
      for (const [channel, listener] of channels) unsubscribe(channel, listener);
    },
  };
}

function processListeners(): ReadonlyMap<string | symbol, number> {
  return new Map(process.eventNames().map((name) => [name, process.listenerCount(name)]));
}

/** How many there are of each type; not the turns of the loop that this watch itself waits for. */
function otherHandles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    if (type !== "Immediate") counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

/** How many more there are of each; fewer of one do not make up for more of another. */
function added<Name>(before: ReadonlyMap<Name, number>, now: ReadonlyMap<Name, number>): number {
  let sum = 0;
  for (const [type, count] of now) sum += Math.max(0, count - (before.get(type) ?? 0));
  return sum;
}
