import { type Clock, systemClock } from "@cloudlink/core";
import type { Cluster, Redis } from "ioredis";
import type { StoreListener, StoreLog } from "../shared/shared-store.ts";
import type { RedisClient } from "./redis-client.ts";
import type { RedisKeys } from "./redis-keys.ts";
import { parseWord } from "./redis-words.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { silenceErrors } from "./silence-errors.ts";

/** How often, in milliseconds, a process says something to itself through Redis, and has to have heard it by the next time. */
const BEAT_MS = 1_000;

/** How long, in milliseconds, a connection may take until words are heard on it: a host that hangs takes one, and never says anything. */
const CONNECT_MS = 5_000;

/** What {@link RedisEar} takes. */
export interface RedisEarSettings {
  readonly redis: RedisClient;
  readonly keys: RedisKeys;
  readonly processId: string;
  readonly listener: StoreListener;
  readonly clock?: Clock;
  loadLog(): Promise<StoreLog>;
}

/**
 * Listens on a connection of its own. That words arrive is not taken on trust: each second it publishes one for itself where the others publish
 * theirs, and what it does not hear in time is a connection that is dead, whatever its socket says.
 */
export class RedisEar {
  readonly #settings: RedisEarSettings;
  readonly #clock: Clock;
  #subscriber: Redis | undefined;
  #hears = false;
  #isClosed = false;
  #beat = 0;
  #heardBeat = 0;
  /** Attempts to connect since words were heard last. */
  #attempts = 0;
  /** Until another connection is made: for a while, or for the client. */
  #stopWaiting: (() => void) | undefined;
  #stopConnecting: (() => void) | undefined;
  #stopBeating: (() => void) | undefined;

  constructor(settings: RedisEarSettings) {
    this.#settings = settings;
    this.#clock = settings.clock ?? systemClock;
    this.#connectFirst();
    this.#beatLater();
  }

  /** Where the log stands is asked by the client, so what becomes of that comes first: it may just be connecting. */
  #connectFirst(): void {
    const { status } = this.#settings.redis;
    if (status === "ready" || status === "end") this.#connect();
    // By Sentinel, it does not close what it could not make.
    else this.#connectOn(["ready", "close", "error"]);
  }

  #connectOn(events: readonly ("ready" | "close" | "error")[]): void {
    const { redis } = this.#settings;
    const stop = () => {
      for (const event of events) redis.off(event, begin);
      this.#stopWaiting = undefined;
    };
    const begin = () => {
      stop();
      this.#connect();
    };
    for (const event of events) redis.on(event, begin);
    this.#stopWaiting = stop;
  }

  #connect(): void {
    if (this.#isClosed) return;
    if (this.#settings.redis.status === "end") {
      // Somebody has closed it, or it has given up. It has no connection any more unless somebody makes it connect.
      this.#settings.listener.lost();
      this.#connectOn(["ready"]);
      return;
    }
    const subscriber = this.#newConnection();
    if (subscriber === undefined) {
      this.#settings.listener.lost();
      this.#connectLater();
      return;
    }
    this.#subscriber = subscriber;
    const { keys, processId, listener } = this.#settings;
    silenceErrors(subscriber);
    subscriber.on("message", (channel: string, text: string) => {
      // What comes of one that was given up is of before the gap.
      if (this.#subscriber !== subscriber) return;
      if (channel === keys.beat(processId)) this.#heardBeat = Math.max(this.#heardBeat, Number(text));
      else {
        const word = parseWord(text, processId);
        if (word !== undefined) listener.heard(word);
      }
    });
    subscriber.once("end", () => this.#gone(subscriber));
    const late = () => this.#gone(subscriber);
    this.#stopConnecting = this.#clock.schedule(late, { delayMs: CONNECT_MS, background: true });
    void this.#begin(subscriber);
  }

  /** One that does not come back by itself: what was said meanwhile would be lost unnoticed. */
  #newConnection(): Redis | undefined {
    const { redis } = this.#settings;
    const overrides = {
      lazyConnect: true,
      retryStrategy: () => null,
      sentinelRetryStrategy: () => null,
      enableOfflineQueue: true,
      maxRetriesPerRequest: 0,
    };
    if (!redis.isCluster) return (redis as Redis).duplicate(overrides);
    // Every node of a cluster passes on what is published at any.
    const nodes = (redis as Cluster).nodes("master");
    const node = nodes[Math.floor(Math.random() * nodes.length)];
    return node?.duplicate(overrides);
  }

  async #begin(subscriber: Redis): Promise<void> {
    const { keys, processId, listener, loadLog } = this.#settings;
    try {
      await subscriber.connect();
      await subscriber.subscribe(keys.words, keys.beat(processId));
      // After that, so that nothing falls between.
      const log = await loadLog();
      if (this.#subscriber !== subscriber || this.#isClosed) return;
      this.#stopConnecting?.();
      this.#hears = true;
      this.#heardBeat = this.#beat;
      this.#attempts = 0;
      listener.regained(log);
    } catch {
      this.#gone(subscriber);
    }
  }

  #gone(subscriber: Redis): void {
    if (this.#subscriber !== subscriber) return;
    this.#stopConnecting?.();
    this.#subscriber = undefined;
    subscriber.disconnect();
    this.#hears = false;
    // Told also if it never heard: whoever has not asked the store anything yet learns of it so.
    this.#settings.listener.lost();
    this.#connectLater();
  }

  #connectLater(): void {
    if (this.#isClosed || this.#stopWaiting !== undefined) return;
    const connect = () => {
      this.#stopWaiting = undefined;
      this.#connect();
    };
    this.#attempts += 1;
    this.#stopWaiting = this.#clock.schedule(connect, { delayMs: retryDelayMs(this.#attempts), background: true });
  }

  #beatLater(): void {
    const beat = () => {
      if (this.#hears && this.#heardBeat < this.#beat && this.#subscriber !== undefined) this.#gone(this.#subscriber);
      else if (this.#hears) this.#sayBeat();
      this.#beatLater();
    };
    this.#stopBeating = this.#clock.schedule(beat, { delayMs: BEAT_MS, background: true });
  }

  #sayBeat(): void {
    const { redis, keys, processId } = this.#settings;
    this.#beat += 1;
    // One that cannot be said is not heard.
    if (redis.status === "ready") redis.publish(keys.beat(processId), String(this.#beat)).catch(() => {});
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWaiting?.();
    this.#stopConnecting?.();
    this.#stopBeating?.();
    this.#subscriber?.disconnect();
    this.#subscriber = undefined;
  }
}
