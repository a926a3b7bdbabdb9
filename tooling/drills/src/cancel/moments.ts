import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** How far a call has come on the network: a socket is being connected for it, or the head of its answer is there and the body is not. */
export type Moment = "connecting" | "answering";

/** Told of a call's moments while it runs. */
export interface MomentWatch extends Disposable {
  /** Runs a call; `reached` is told each time one of its requests comes to a moment, at that moment. */
  run<Result>(reached: (moment: Moment) => void, call: () => Result): Result;
}

/** Node says itself what its sockets and requests do, in the asynchronous context of who started them. */
export function watchMoments(): MomentWatch {
  const calls = new AsyncLocalStorage<(moment: Moment) => void>();
  const channels = [
    ["net.client.socket", () => calls.getStore()?.("connecting")],
    // By its name the end, by its documentation and in fact the moment the client has the response's head.
    ["http.client.response.finish", () => calls.getStore()?.("answering")],
  ] as const;
  for (const [channel, listener] of channels) subscribe(channel, listener);
  return {
    run: (reached, call) => calls.run(reached, call),
    [Symbol.dispose]() {
      for (const [channel, listener] of channels) unsubscribe(channel, listener);
    },
  };
}
