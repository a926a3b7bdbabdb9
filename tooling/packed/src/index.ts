export {
  type PackedProject,
  type PackedRequest,
  packedProject,
  packedTarballs,
  type Tarball,
} from "./packed-project.ts";
