import { CloudLinkError, type Kind, quote } from "@cloudlink/core";
import type { Nexus } from "@cloudlink/nexus";

/**
 * The kind of a name, in its latest major version.
 *
 * @throws `invalid_argument` (`ErrUnknownKind`)
 */
export function findKind(nexus: Nexus, name: string): Kind {
  const kinds = nexus.kinds();
  const [latest] = kinds.filter((kind) => kind.name === name).sort((left, right) => right.major - left.major);
  if (latest !== undefined) return latest;
  throw new CloudLinkError({
    reason: "ErrUnknownKind",
    message: `There is no kind ${quote(name)} here. There are: ${[...new Set(kinds.map((kind) => kind.name))].join(", ")}.`,
    origin: "caller",
  });
}

/** The kind that is named, or else that of the resource: it is a part of every ref. */
export function kindOfRef(nexus: Nexus, request: { readonly ref: string; readonly kind?: string | undefined }): Kind {
  return findKind(nexus, request.kind ?? nexus.resolveRef(request.ref).kind);
}
