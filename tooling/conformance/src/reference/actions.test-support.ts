import {
  type ActionCapability,
  type ActionEffect,
  CloudLinkError,
  type KindHandler,
  type ProviderCall,
} from "@cloudlink/core";
import { isMalformed, malformed, mismatch } from "./refusals.test-support.ts";
import type { VendorAction, VendorAnswer, VendorQuestion } from "./vendor.test-support.ts";

export const actionMetadata: Readonly<Record<string, ActionCapability>> = {
  lock: { operations: ["LockBucket"], dryRun: true, follow: { operations: ["DescribeBuckets"] } },
  empty: { operations: ["EmptyBucket"], dryRun: true },
};

const operations: Readonly<Record<string, VendorAction>> = { lock: "LockBucket", empty: "EmptyBucket" };

/** How far a request has come. */
export interface Progress {
  isSent: boolean;
  /** 0 where the connection broke. */
  status: number | undefined;
}

export function unsentRequest(): Progress {
  return { isSent: false, status: undefined };
}

type Ask = (
  call: ProviderCall,
  request: VendorQuestion,
  progress?: Progress,
) => Promise<{ readonly answer: VendorAnswer }>;

/** The actions of a bucket, as the contract wants them. */
export function createActions(
  ask: Ask,
  accountOf: (call: ProviderCall) => Promise<string>,
): Required<Pick<KindHandler, "act" | "follow">> {
  return {
    async act(call, { ref, action, dryRun }) {
      const progress = unsentRequest();
      try {
        if (isMalformed(ref)) throw malformed(ref);
        const operation = operations[action] ?? "LockBucket";
        // The vendor knows its caller by the key: with another account's it would act there.
        if ((await accountOf(call)) !== call.scope.account) throw mismatch();
        const { answer } = await ask(call, { operation, ids: [ref.id], isTrial: dryRun }, progress);
        if (dryRun) return { state: "allowed" };
        return action === "lock" ? lockState(answer) : { state: "done" };
      } catch (error) {
        throw withEffect(error, effectOf(progress));
      }
    },
    async follow(call, { ref, token }) {
      if (token !== TOKEN) throw foreignToken();
      try {
        const { answer } = await ask(call, { operation: "DescribeBuckets", ids: [ref.id] });
        return lockState(answer);
      } catch (error) {
        throw withEffect(error, "done");
      }
    },
  };
}

/** The state of the bucket says all that there is to know. */
const TOKEN = "locking";

function lockState({ buckets: [bucket] }: VendorAnswer): { state: "done" } | Running {
  return bucket?.status === "LOCKING" ? { state: "running", token: TOKEN, pollAfterMs: 1_000 } : { state: "done" };
}

interface Running {
  readonly state: "running";
  readonly token: string;
  readonly pollAfterMs: number;
}

function effectOf({ isSent, status }: Progress): ActionEffect {
  if (!isSent) return "none";
  if (status === undefined || status === 0 || status >= 500) return "unknown";
  return status < 300 ? "done" : "none";
}

function withEffect(error: unknown, effect: ActionEffect): unknown {
  return CloudLinkError.isInstance(error) ? error.with({ effect }) : error;
}

function foreignToken(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidOperationToken",
    message: "The token is not one of this provider's.",
    origin: "caller",
    effect: "unknown",
  });
}
