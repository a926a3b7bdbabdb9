import {
  type ActionCapability,
  CloudLinkError,
  type Kind,
  type KindAction,
  type KindHandler,
  quote,
} from "@cloudlink/core";
import { providerFault } from "./provider-fault.ts";
import { type Route, unimplemented } from "./route.ts";

/** How an action of a kind is carried out. */
export interface ActionRoute {
  readonly action: KindAction;
  readonly capability: ActionCapability;
  readonly act: NonNullable<KindHandler["act"]>;
}

/** The action of a kind's. @throws `invalid_argument` (`ErrInvalidRequest`) that lists those there are. */
export function actionOf(kind: Kind, name: unknown): KindAction {
  const action = typeof name === "string" && Object.hasOwn(kind.actions, name) ? kind.actions[name] : undefined;
  if (action !== undefined) return action;
  const known = Object.keys(kind.actions).join(", ") || "none";
  throw new CloudLinkError({
    reason: "ErrInvalidRequest",
    message: `${kind.name} has no action ${quote(String(name))}. It has: ${known}.`,
    origin: "caller",
  });
}

/** @throws `unimplemented` for an action that the provider does not declare. */
export function actionRoute(route: Route, action: KindAction): ActionRoute {
  const { provider, capabilities, handler } = route;
  const { actions = {} } = capabilities;
  const capability = Object.hasOwn(actions, action.name) ? actions[action.name] : undefined;
  if (capability === undefined) throw unimplemented(provider, `the action "${action.name}" of ${handler.kind.name}`);
  const act = handler.act?.bind(handler);
  if (act === undefined) {
    throw providerFault(provider, `it declares actions of ${handler.kind.name} and does not have them`);
  }
  return { action, capability, act };
}
