/**
 * Freezes a value and all that it holds. It is done once, where a value enters the kernel, so that the same object can answer every
 * later read. It takes trees of plain objects and arrays, which is what values of kinds are.
 */
export function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const name in value) freezeDeep(value[name]);
  return value;
}
