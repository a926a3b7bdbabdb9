import { background, CloudLinkError, type Provider } from "@cloudlink/core";
import { handler, type Mutant, provider, withHandler } from "./mutant.test-support.ts";
import { createReferenceProvider } from "./provider.test-support.ts";

/** Providers that break how calls end. */
export const callMutants: readonly Mutant[] = [
  {
    does: "does not hear of a call's end",
    breaks: "abort.during",
    make: handler(({ get }) => ({
      get(call, request) {
        call.ctx.throwIfDone();
        return get({ ...call, ctx: background({ clock: call.ctx.clock }) }, request);
      },
    })),
  },
  {
    does: "leaves the caller at once and the vendor's connection open",
    breaks: "abort.reaches-vendor",
    make: handler(({ get }) => ({
      async get(call, request) {
        call.ctx.throwIfDone();
        const answer = get({ ...call, ctx: background({ clock: call.ctx.clock }) }, request);
        answer.catch(() => {});
        const over = Promise.withResolvers<never>();
        const leave = () => over.reject(call.ctx.error());
        call.ctx.signal.addEventListener("abort", leave, { once: true });
        return await Promise.race([answer, over.promise]).finally(() =>
          call.ctx.signal.removeEventListener("abort", leave),
        );
      },
    })),
  },
  {
    does: "keeps listening to the signal of a call that is over",
    breaks: "abort.no-listener-left",
    make: handler(({ get }) => ({
      get(call, request) {
        call.ctx.signal.addEventListener("abort", () => {});
        return get(call, request);
      },
    })),
  },
  {
    does: "tries again by itself",
    breaks: "fault.no-retry",
    make: handler(({ get }) => ({
      get: (call, request) =>
        get(call, request).catch((error: CloudLinkError) => {
          if (error.code !== "unavailable") throw error;
          return get(call, request);
        }),
    })),
  },
  {
    does: "throws the vendor's own error when it is throttled",
    breaks: "fault.throttle",
    make: handler(({ get }) => ({
      get: (call, request) =>
        get(call, request).catch((error: CloudLinkError) => {
          throw error.code === "resource_exhausted" ? new Error("429") : error;
        }),
    })),
  },
  {
    does: "takes a body that it cannot decode for an empty one",
    breaks: "fault.broken-body",
    make: handler(({ list }) => ({
      async *list(call, request) {
        try {
          yield* list(call, request);
        } catch (error) {
          if ((error as CloudLinkError).code !== "internal") throw error;
          yield { items: [], cursor: null };
        }
      },
    })),
  },
  {
    does: "keeps the request, with its key in base64, as the cause of its errors",
    breaks: "secret.errors",
    make: handler(({ get }) => ({
      get: (call, request) =>
        get(call, request).catch((error: CloudLinkError) => {
          const key = call.lease.kind === "keys" ? (call.lease.keys.reveal().key ?? "") : "";
          const authorization = `Basic ${Buffer.from(`user:${key}`).toString("base64")}`;
          const cause = new Error("request failed", { cause: { headers: { authorization } } });
          throw new CloudLinkError({ ...error.toJSON(), cause });
        }),
    })),
  },
  {
    does: "repeats the vendor's words, whatever is in them",
    breaks: "secret.vendor-echo",
    make: (vendor) => {
      const send = vendor.send.bind(vendor);
      let words = "";
      vendor.send = (request) =>
        send(request).catch((refusal: Error) => {
          words = refusal.message;
          throw refusal;
        });
      return withHandler(createReferenceProvider(vendor), ({ get }) => ({
        get: (call, request) =>
          get(call, request).catch((error: CloudLinkError) => {
            throw new CloudLinkError({ ...error.toJSON(), message: `The vendor says: ${words}` });
          }),
      }));
    },
  },
  {
    does: "leaves calls running when it is closed",
    breaks: "close.cancels",
    make: provider(() => ({ close: async () => {} })),
  },
  {
    does: "ends every provider of the process when one is closed",
    breaks: "close.spoils-nobody",
    make: (() => {
      const all = new Set<Provider>();
      return (vendor) => {
        const sound = createReferenceProvider(vendor);
        all.add(sound);
        const close = async () => {
          for (const each of all) await each.close();
          all.clear();
        };
        return { ...sound, close };
      };
    })(),
  },
  {
    does: "rejects when it is closed again",
    breaks: "close.again",
    make: (vendor) => {
      const sound = createReferenceProvider(vendor);
      let isClosed = false;
      const close = async () => {
        if (isClosed) throw new Error("it is closed already");
        isClosed = true;
        await sound.close();
      };
      return { ...sound, close };
    },
  },
];
