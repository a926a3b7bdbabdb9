/** A vendor's answer that is not what its API promises: not well-formed, of another shape, cut short, or out of bounds. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}
