import { CloudLinkError, type DocumentedReason } from "@cloudlink/core";

/** What the HTTP layer itself refuses, with the status that HTTP has for it: the caller's error beneath has a code, but no status of its own. */
export class HttpRefusal extends Error {
  readonly status: number;
  readonly error: CloudLinkError;
  readonly headers: Readonly<Record<string, string>>;

  constructor(refusal: { status: number; error: CloudLinkError; headers?: Readonly<Record<string, string>> }) {
    super(refusal.error.message);
    this.status = refusal.status;
    this.error = refusal.error;
    this.headers = refusal.headers ?? {};
  }
}

/** Of these the caller is not the cause. */
const ownReasons: readonly DocumentedReason[] = ["ErrOverloaded", "ErrServerUnavailable"];

/** What HTTP refuses. The message shows nothing of the request that was not put through `quote`. */
export function refused(
  status: number,
  refusal: {
    readonly message: string;
    readonly reason?: DocumentedReason;
    /** Whether the same request may do better another time. */
    readonly retryable?: boolean;
    /** When it may. */
    readonly retryAfterMs?: number;
    readonly headers?: Readonly<Record<string, string>>;
  },
): HttpRefusal {
  const { message, reason = "ErrInvalidRequest", retryAfterMs, headers } = refusal;
  const { retryable = retryAfterMs !== undefined } = refusal;
  const error = new CloudLinkError({
    reason,
    message,
    origin: ownReasons.includes(reason) ? "kernel" : "caller",
    ...(retryable && { retry: { retryable, ...(retryAfterMs !== undefined && { afterMs: retryAfterMs }) } }),
  });
  return new HttpRefusal({ status, error, ...(headers !== undefined && { headers }) });
}
