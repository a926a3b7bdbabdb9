import { CloudLinkError, type Ref } from "@cloudlink/core";

export function isMalformed(ref: Ref): boolean {
  return !/^b-[0-9a-f]{4}$/.test(ref.id);
}

export function malformed(ref: Ref): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrInvalidResourceId",
    message: 'A bucket is "b-" and four hexadecimal digits.',
    origin: "vendor",
    ref: ref.key,
  });
}

export function mismatch(): CloudLinkError {
  return new CloudLinkError({
    reason: "ErrAccountMismatch",
    message: "The key is another account's.",
    origin: "vendor",
  });
}
