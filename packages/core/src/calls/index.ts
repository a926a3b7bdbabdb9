export type { Calls } from "./calls.ts";
export { isContext, requestMistake } from "./request-mistake.ts";
export type {
  ActionOf,
  ActRequest,
  DryRunRequest,
  GetManyRequest,
  GetRequest,
  ListRequest,
  OperationRequest,
  RefLike,
} from "./requests.ts";
