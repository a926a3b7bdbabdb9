import type { Provider } from "../provider/v1alpha1/provider.ts";

/** Port: the providers that calls are routed to. */
export interface ProviderDirectory {
  /** The provider of that name that new calls go to now, or `undefined`. Asked on every call, so that one can be replaced while it runs. */
  current(name: string): Provider | undefined;
  /** Every provider that calls are routed to, one a name. */
  list(): readonly Provider[];
}
