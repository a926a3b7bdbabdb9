import type { NativeIdOf } from "@cloudlink/client/wire";
import type { Nexus } from "@cloudlink/nexus";
import type { CallRunner } from "../http/call-runner.ts";

/** What routes are made of. */
export interface RouteServices {
  readonly nexus: Nexus;
  readonly nativeIdOf: NativeIdOf;
  readonly calls: CallRunner;
  readonly stallMs: number;
  /** Whether the server takes calls. */
  isDraining(): boolean;
}
