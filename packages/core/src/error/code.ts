/**
 * The closed list of error codes: gRPC's sixteen, in the spelling that Connect made usual.
 * A caller handles codes; the open `reason` beside a code says which case of it this is.
 *
 * Numbers: https://grpc.io/docs/guides/status-codes/. HTTP statuses: google/rpc/code.proto, many codes to one status.
 */
const codes = {
  canceled: { number: 1, httpStatus: 499 },
  unknown: { number: 2, httpStatus: 500 },
  invalid_argument: { number: 3, httpStatus: 400 },
  deadline_exceeded: { number: 4, httpStatus: 504 },
  not_found: { number: 5, httpStatus: 404 },
  already_exists: { number: 6, httpStatus: 409 },
  permission_denied: { number: 7, httpStatus: 403 },
  resource_exhausted: { number: 8, httpStatus: 429 },
  failed_precondition: { number: 9, httpStatus: 400 },
  aborted: { number: 10, httpStatus: 409 },
  out_of_range: { number: 11, httpStatus: 400 },
  unimplemented: { number: 12, httpStatus: 501 },
  internal: { number: 13, httpStatus: 500 },
  unavailable: { number: 14, httpStatus: 503 },
  data_loss: { number: 15, httpStatus: 500 },
  unauthenticated: { number: 16, httpStatus: 401 },
} as const satisfies Record<string, { number: number; httpStatus: number }>;

/** What kind of failure it is. Closed: new cases get a new `reason`, never a new code. */
export type ErrorCode = keyof typeof codes;

/** Every code, in the order of its gRPC number. */
export const errorCodes: readonly ErrorCode[] = Object.freeze(Object.keys(codes) as ErrorCode[]);

/** Whether `value` is one of the sixteen codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(codes, value);
}

/** The HTTP status that carries `code`. Several codes share a status, so the way back is the code in the body, not the status. */
export function httpStatusOf(code: ErrorCode): number {
  return codes[code].httpStatus;
}

/** The number of `code` on the gRPC wire, 1 to 16. */
export function grpcNumberOf(code: ErrorCode): number {
  return codes[code].number;
}

/** The code of a gRPC number; `unknown` for a number outside 1 to 16, as the gRPC specification asks. */
export function errorCodeOfGrpcNumber(number: number): ErrorCode {
  return errorCodes[number - 1] ?? "unknown";
}
