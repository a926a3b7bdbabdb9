import type { Scope } from "./scope.ts";
import type { Secret } from "./secret.ts";

interface LeaseBase {
  /** Names the lease in logs and metrics; it says nothing about what is leased. */
  readonly id: string;
  /** The scope it was taken for. Calls of another scope must not use it. */
  readonly scope: Scope;
  /** Wall time, in milliseconds since the epoch, after which the vendor refuses it; `undefined` where it does not end by itself. */
  readonly expiresAt?: number;
}

/**
 * The right to call a vendor for one scope, for a while. The kernel takes one only when it is about to call;
 * a provider uses it for that call and keeps nothing of it beyond `expiresAt`.
 *
 * - `keys`: the credentials themselves, under names that the provider documents.
 * - `ambient`: the provider finds credentials the vendor's own way (environment, profile, instance role …), steered by `parameters`.
 */
export type Lease =
  | (LeaseBase & { readonly kind: "keys"; readonly keys: Secret<Readonly<Record<string, string>>> })
  | (LeaseBase & { readonly kind: "ambient"; readonly parameters: Readonly<Record<string, string>> });
