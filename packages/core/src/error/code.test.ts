import { describe, expect, expectTypeOf, it } from "vitest";
import { type ErrorCode, errorCodeOfGrpcNumber, errorCodes, grpcNumberOf, httpStatusOf, isErrorCode } from "./code.ts";
import {
  codeOfReason,
  type DocumentedReason,
  documentedReasons,
  type ErrorReason,
  isDocumentedReason,
} from "./reason.ts";

describe("error codes", () => {
  it("Meaning 9: are gRPC's sixteen, with its numbers and the many-to-one HTTP statuses of google/rpc/code.proto", () => {
    expect(errorCodes.map((code) => [code, grpcNumberOf(code), httpStatusOf(code)])).toEqual([
      ["canceled", 1, 499],
      ["unknown", 2, 500],
      ["invalid_argument", 3, 400],
      ["deadline_exceeded", 4, 504],
      ["not_found", 5, 404],
      ["already_exists", 6, 409],
      ["permission_denied", 7, 403],
      ["resource_exhausted", 8, 429],
      ["failed_precondition", 9, 400],
      ["aborted", 10, 409],
      ["out_of_range", 11, 400],
      ["unimplemented", 12, 501],
      ["internal", 13, 500],
      ["unavailable", 14, 503],
      ["data_loss", 15, 500],
      ["unauthenticated", 16, 401],
    ]);
  });

  it("come back from their number, and any other number is unknown", () => {
    for (const code of errorCodes) expect(errorCodeOfGrpcNumber(grpcNumberOf(code))).toBe(code);
    for (const number of [0, -1, 17, 1.5, Number.NaN]) expect(errorCodeOfGrpcNumber(number)).toBe("unknown");
  });

  it("are a closed list that nothing inherited gets into and nobody can change", () => {
    for (const word of ["constructor", "__proto__", "toString", "", "OK", 3, null])
      expect(isErrorCode(word)).toBe(false);
    expect(() => (errorCodes as ErrorCode[]).sort()).toThrow(TypeError);
    expect(() => (documentedReasons as DocumentedReason[]).pop()).toThrow(TypeError);
  });
});

describe("documented reasons", () => {
  it("stand under one code each, and are told from names of a provider's own", () => {
    for (const reason of documentedReasons) {
      expect(reason).toMatch(/^Err[A-Z][A-Za-z]+$/);
      expect(isErrorCode(codeOfReason(reason))).toBe(true);
      expect(isDocumentedReason(reason)).toBe(true);
    }
    for (const word of ["aws.IncorrectInstanceState", "constructor", "__proto__", 1]) {
      expect(isDocumentedReason(word)).toBe(false);
    }
  });

  it("have their code in their type, and the list of reasons stays open", () => {
    expectTypeOf(codeOfReason("ErrResourceNotFound")).toEqualTypeOf<"not_found">();
    expectTypeOf<"aws.IncorrectInstanceState">().toExtend<ErrorReason>();
    expectTypeOf<"aws.IncorrectInstanceState">().not.toExtend<DocumentedReason>();
  });
});
