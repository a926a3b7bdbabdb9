import { quote } from "@cloudlink/core";

/**
 * Readers of what a server sends: small, since a program that asks a server should not carry a schema library, and never trusting. Each
 * takes anything, gives a frozen copy of what it knows (a later server may send more), and throws a {@link FormError} for what is not of the form.
 */
export type Reader<Value> = (form: unknown) => Value;

/** What a reader gives. */
export type ReadBy<R> = R extends Reader<infer Value> ? Value : never;

/** What was sent is not of the form. */
export class FormError extends Error {
  readonly #expected: string;
  readonly #path: string[] = [];

  constructor(expected: string) {
    super();
    this.#expected = expected;
  }

  /** Adds the name under which the part stands in the whole. */
  within(name: string): this {
    this.#path.unshift(name);
    return this;
  }

  /** What was expected, and where. It shows nothing of what was sent but names. */
  override get message(): string {
    return this.#path.length === 0 ? this.#expected : `${quote(this.#path.join("."))} is not ${this.#expected}`;
  }
}

export const text: Reader<string> = (form) => {
  if (typeof form !== "string" || form === "") throw new FormError("a text");
  return form;
};

/** A text that may be empty. */
export const anyText: Reader<string> = (form) => {
  if (typeof form !== "string") throw new FormError("a text");
  return form;
};

export const boolean: Reader<boolean> = (form) => {
  if (typeof form !== "boolean") throw new FormError("true or false");
  return form;
};

export const amount: Reader<number> = (form) => {
  if (typeof form !== "number" || !(form >= 0 && form < Number.POSITIVE_INFINITY)) throw new FormError("an amount");
  return form;
};

/** What a server of an earlier version leaves out. */
export function withDefault<Value>(reader: Reader<Value>, value: Value): Reader<Value> {
  return (form) => (form === undefined ? value : reader(form));
}

export function oneOf<const Words extends readonly string[]>(...words: Words): Reader<Words[number]> {
  return (form) => {
    if (typeof form !== "string" || !words.includes(form)) throw new FormError(`one of ${words.join(", ")}`);
    return form;
  };
}

export function listOf<Value>(each: Reader<Value>): Reader<readonly Value[]> {
  return (form) => {
    if (!Array.isArray(form)) throw new FormError("a list");
    return Object.freeze(form.map((item, index) => part(String(index), { reader: each, form: item })));
  };
}

export function recordOf<Value>(each: Reader<Value>): Reader<Readonly<Record<string, Value>>> {
  return (form) => {
    const entries = Object.entries(fieldsOf(form));
    // fromEntries defines own properties, "__proto__" too.
    return Object.freeze(
      Object.fromEntries(entries.map(([name, field]) => [name, part(name, { reader: each, form: field })])),
    );
  };
}

type Fields = Readonly<Record<string, Reader<unknown>>>;
type ObjectOf<Required extends Fields, Optional extends Fields> = {
  readonly [Name in keyof Required]: ReadBy<Required[Name]>;
} & { readonly [Name in keyof Optional]?: ReadBy<Optional[Name]> };

/** An object with these fields; what else it has is left aside. */
export function object<Required extends Fields, Optional extends Fields = Record<never, never>>(
  required: Required,
  optional?: Optional,
): Reader<ObjectOf<Required, Optional>> {
  const needed = Object.entries(required);
  const possible = Object.entries(optional ?? {});
  return (form) => {
    const fields = fieldsOf(form);
    const read: Record<string, unknown> = {};
    for (const [name, reader] of needed) read[name] = part(name, { reader, form: fields[name] });
    for (const [name, reader] of possible) {
      if (fields[name] !== undefined) read[name] = part(name, { reader, form: fields[name] });
    }
    return Object.freeze(read) as ObjectOf<Required, Optional>;
  };
}

export function fieldsOf(form: unknown): Readonly<Record<string, unknown>> {
  if (typeof form !== "object" || form === null || Array.isArray(form)) throw new FormError("an object");
  return form as Readonly<Record<string, unknown>>;
}

/** Far deeper than any vendor's body, and well within what `JSON.stringify` and its like can walk. */
const DEEPEST = 100;

/** Anything that JSON has, frozen to its last part; nested no deeper than programs can walk. */
export const tree: Reader<unknown> = (form) => freezeTree(form, DEEPEST);

function freezeTree(form: unknown, depth: number): unknown {
  if (typeof form !== "object" || form === null) return form;
  if (depth === 0) throw new FormError(`a value that is nested ${DEEPEST} levels or less`);
  for (const child of Object.values(form)) freezeTree(child, depth - 1);
  return Object.freeze(form);
}

function part<Value>(
  name: string,
  { reader, form }: { readonly reader: Reader<Value>; readonly form: unknown },
): Value {
  try {
    return reader(form);
  } catch (error) {
    throw error instanceof FormError ? error.within(name) : error;
  }
}
