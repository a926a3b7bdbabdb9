/** The objects that everything inherits from: what malformed input must never write to. */
const shared: readonly (readonly [name: string, prototype: object])[] = [
  ["Object", Object.prototype],
  ["Array", Array.prototype],
  ["Function", Function.prototype],
  ["String", String.prototype],
  ["Number", Number.prototype],
  ["Boolean", Boolean.prototype],
  ["Error", Error.prototype],
  ["Map", Map.prototype],
  ["Set", Set.prototype],
  ["Date", Date.prototype],
  ["RegExp", RegExp.prototype],
  ["Promise", Promise.prototype],
  ["Uint8Array", Uint8Array.prototype],
  ["Object itself", Object],
];

type Properties = Readonly<Record<PropertyKey, PropertyDescriptor>>;

/** Watches the shared prototypes for a property that is new, gone or another one than before. */
export interface PrototypeWatch {
  /** What has changed since the last look, by name. It is put back, so that it is counted once and harms nothing after. */
  writes(): readonly string[];
}

export function watchPrototypes(): PrototypeWatch {
  const before = shared.map(([name, prototype]) => ({
    name,
    prototype,
    properties: Object.getOwnPropertyDescriptors(prototype) as Properties,
  }));
  return { writes: () => before.flatMap(changesOf) };
}

function changesOf(watched: {
  readonly name: string;
  readonly prototype: object;
  readonly properties: Properties;
}): string[] {
  const { name, prototype, properties } = watched;
  const found: string[] = [];
  const keys = new Set([...Reflect.ownKeys(properties), ...Reflect.ownKeys(prototype)]);
  for (const key of keys) {
    const was = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const is = Reflect.getOwnPropertyDescriptor(prototype, key);
    if (isSame(was, is)) continue;
    found.push(`${name}.${String(key)}`);
    if (was === undefined) Reflect.deleteProperty(prototype, key);
    else Reflect.defineProperty(prototype, key, was);
  }
  return found;
}

function isSame(was: PropertyDescriptor | undefined, is: PropertyDescriptor | undefined): boolean {
  if (was === undefined || is === undefined) return was === is;
  return Object.is(was.value, is.value) && was.get === is.get && was.set === is.set;
}
