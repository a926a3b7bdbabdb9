import type { Subjects } from "@cloudlink/measure";

/** Reasons that say that somebody did not do as documented: they are documented too, and no malformed input may lead to them. */
const defects: ReadonlySet<string> = new Set(["ErrUnexpected", "ErrProviderFault"]);

/**
 * What is wrong with an error that malformed input led to, or `undefined`: it is a CloudLinkError with one of the codes, under a documented
 * reason or one of the provider's own, and it is none that says that somebody was surprised, or that the call did not end by itself.
 */
export function undocumented(core: Subjects["core"], error: unknown): string | undefined {
  if (!core.CloudLinkError.isInstance(error)) return `no CloudLinkError: ${String(error)}`;
  const wrong = undocumentedReason(core, error);
  return wrong === undefined ? undefined : `${wrong} (${error.message}, ${String(error.cause)})`;
}

/** The same of what an error, or a problem document, says of itself. */
export function undocumentedReason(
  { isErrorCode, isDocumentedReason }: Subjects["core"],
  { code, reason }: { readonly code?: unknown; readonly reason?: unknown },
): string | undefined {
  if (!isErrorCode(code)) return `no code: ${String(code)}`;
  if (typeof reason !== "string") return "no reason";
  if (!isDocumentedReason(reason) && !/^aws\.[\w.-]+$/.test(reason)) return `no reason: ${JSON.stringify(reason)}`;
  if (defects.has(reason)) return reason;
  if (reason === "ErrDeadlineExceeded") return "it did not end by itself";
  return undefined;
}

/** The first object inside of `value` that has a prototype of its own making, by its path. */
export function oddPrototype(value: unknown, path = "value"): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  const usual: readonly unknown[] = [Object.prototype, Array.prototype, Date.prototype, null];
  if (!usual.includes(prototype)) return path;
  for (const [name, member] of Object.entries(value)) {
    const odd = oddPrototype(member, `${path}.${name}`);
    if (odd !== undefined) return odd;
  }
  return undefined;
}
