import type { Kind, KindCapabilities, KindHandler, Provider } from "@cloudlink/core";

/** What the provider declares of a kind. */
export function capabilitiesOf(provider: Provider, kind: Kind): KindCapabilities | undefined {
  return provider.metadata.kinds.find((declared) => declared.kind === kind.name && declared.major === kind.major);
}

/** How the provider serves a kind. */
export function handlerOf(provider: Provider, kind: Kind): KindHandler | undefined {
  return provider.kinds.find((handler) => handler.kind.name === kind.name && handler.kind.major === kind.major);
}
