/** An age as it is sent: whole, the next younger one, and no more than can be sent. What is no age is left for the server to refuse. */
export function wholeAge(ageMs: number): number {
  return ageMs >= 0 ? Math.min(Number.MAX_SAFE_INTEGER, Math.floor(ageMs)) : ageMs;
}
