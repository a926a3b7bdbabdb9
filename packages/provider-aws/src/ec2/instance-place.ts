import { CloudLinkError, type ProviderCall, type Ref } from "@cloudlink/core";
import { unknownRegion } from "../unknown-region.ts";

/** "i-" and 8 or, since 2016, 17 hexadecimal digits (EC2 user guide, "Resource IDs"). */
const idForm = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

/** The error for an id that EC2 cannot have issued. */
export function malformedId(ref: Ref): CloudLinkError | undefined {
  if (idForm.test(ref.id)) return undefined;
  return new CloudLinkError({
    reason: "ErrInvalidResourceId",
    message: `"${ref.id.slice(0, 40)}" is no id of an EC2 instance. It is "i-" and 17 hexadecimal digits, or 8 for old ones.`,
    origin: "caller",
    provider: "aws",
    ref: ref.key,
  });
}

/** @throws `invalid_argument` (`ErrUnknownRegion`) for a region that is none of the call's partition. */
export function checkRegion({ scope }: ProviderCall): void {
  const unknown = unknownRegion(scope.region, scope.partition);
  if (unknown !== undefined) throw unknown;
}
