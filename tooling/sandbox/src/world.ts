import type { Ec2World } from "./ec2/request.ts";
import type { FaultBook } from "./faults.ts";
import type { RequestRecorder } from "./request-log.ts";
import type { StsWorld } from "./sts/assume-role.ts";

/** Everything that answers are made from. */
export interface World {
  readonly ec2: Ec2World;
  readonly sts: StsWorld;
  readonly faults: FaultBook;
  readonly requests: RequestRecorder;
}
