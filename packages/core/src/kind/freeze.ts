/** Roots of what was frozen to its last part. `Object.isFrozen` says of an object only that it is frozen itself. */
const frozenDeep = new WeakSet<object>();

/**
 * Freezes a value and all that it holds, to any depth. It is done once, where a value enters the kernel, so that the same object can
 * answer every later read; done again to the same value it returns at once. It is made for trees of plain objects and arrays, which is
 * what values of kinds are; the bytes of a typed array cannot be frozen and stay as they are.
 */
export function freezeDeep<Value>(value: Value): Value {
  if (!isObject(value) || frozenDeep.has(value)) return value;
  // By hand and not by recursion: a vendor's body decides how deep it is, the stack decides how deep it may be.
  const left: object[] = [value];
  // What is frozen already may hold what is not, so it is entered too: once, for the sake of cycles.
  const entered = new Set<object>();
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (ArrayBuffer.isView(next) || entered.has(next)) continue;
    if (Object.isFrozen(next)) entered.add(next);
    else Object.freeze(next);
    for (const child of Object.values(next)) if (isObject(child)) left.push(child);
  }
  frozenDeep.add(value);
  return value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
