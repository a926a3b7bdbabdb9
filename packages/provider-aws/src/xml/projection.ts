import { MalformedAnswer } from "./malformed-answer.ts";

/** What a projected element becomes: the SDK's own value for it, so that the two decoders can be compared member by member. */
export type Shape =
  | { readonly kind: "string" | "integer" | "boolean" | "timestamp" }
  | { readonly kind: "structure"; readonly members: ReadonlyMap<string, Member> }
  | { readonly kind: "list"; readonly element: Shape; readonly streamed: boolean };

/** A structure's member. Its wire name is the key it is found by; `name` is what it is called in the result. */
export interface Member {
  readonly name: string;
  readonly shape: Shape;
}

/** A structure as it is built. Its members are those its shape names, and no others. */
export type Structure = Record<string, unknown>;

/** Takes an element of a streamed list when it is complete, with the structure that holds the list as far as that is read. */
export type ElementHandler = (element: Structure, holder: Structure) => void;

export const string: Shape = { kind: "string" };
export const integer: Shape = { kind: "integer" };
export const boolean: Shape = { kind: "boolean" };
export const timestamp: Shape = { kind: "timestamp" };

/** A structure by wire name: `{ vpcId: ["VpcId", string] }`. Elements not named are skipped with all they hold. */
export function structure(members: Readonly<Record<string, readonly [name: string, shape: Shape]>>): Shape {
  const entries = Object.entries(members).map(([wire, [name, shape]]) => [wire, { name, shape }] as const);
  return { kind: "structure", members: new Map(entries) };
}

/** A list of `<item>` elements, which is how every EC2 list is written. */
export function list(element: Shape): Shape {
  return { kind: "list", element, streamed: false };
}

/** A list of structures that are handed out one by one and not kept: to the handler of the list's name, if there is one. */
export function streamedList(element: Shape): Shape {
  return { kind: "list", element, streamed: true };
}

interface Frame {
  readonly shape: Shape;
  readonly target: Structure | unknown[] | undefined;
  readonly name: string;
}

/**
 * Builds a value out of a stream of XML events, keeping only what its shape names.
 *
 * Well-formedness (tags that match, one root) is the scanner's promise; this class holds the document to its shape: no
 * element inside a scalar, no member twice, integers, booleans and dates that are ones. Names in the result come from the
 * shape and never from the document, so no document can write a prototype.
 */
export class ProjectionBuilder {
  /** The value as far as it is built. */
  readonly value: Structure = {};
  readonly #handlers: Readonly<Record<string, ElementHandler>>;
  readonly #frames: Frame[] = [];
  #top: Frame;
  #skipped = 0;
  #text = "";

  /**
   * @param document A structure whose one member is the root element.
   * @param handlers Who takes the elements of streamed lists, by the list's name.
   */
  constructor(document: Shape, handlers: Readonly<Record<string, ElementHandler>>) {
    this.#handlers = handlers;
    this.#top = { shape: document, target: this.value, name: "" };
  }

  /** True inside a scalar that is kept: the only place where text is of interest. */
  get wantsText(): boolean {
    return this.#skipped === 0 && this.#top.target === undefined;
  }

  open(tag: string): void {
    if (this.#skipped > 0) {
      this.#skipped += 1;
      return;
    }
    const { shape, target } = this.#top;
    if (shape.kind === "structure") {
      const member = shape.members.get(tag);
      if (member === undefined) this.#skipped = 1;
      else if (target !== undefined && Object.hasOwn(target, member.name))
        throw new MalformedAnswer(`<${tag}> occurs twice`);
      else this.#enter(member.shape, member.name);
    } else if (shape.kind === "list") {
      if (tag === "item") this.#enter(shape.element, "");
      else this.#skipped = 1;
    } else {
      throw new MalformedAnswer(`an element inside a ${shape.kind}`);
    }
  }

  text(text: string): void {
    this.#text += text;
  }

  close(): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1;
      return;
    }
    const { shape, target, name } = this.#top;
    const parent = this.#frames.pop();
    if (parent === undefined) throw new MalformedAnswer("more elements are closed than opened");
    this.#top = parent;
    if (target === undefined) {
      put(parent, name, scalar(shape, this.#text));
      this.#text = "";
    } else if (isStreamed(parent)) {
      const holder = this.#frames.at(-1)?.target;
      if (isStructure(target) && isStructure(holder)) this.#handlers[parent.name]?.(target, holder);
    }
  }

  #enter(shape: Shape, name: string): void {
    const target = shape.kind === "structure" ? {} : shape.kind === "list" ? [] : undefined;
    if (target !== undefined && !isStreamed(this.#top)) put(this.#top, name, target);
    this.#frames.push(this.#top);
    this.#top = { shape, target, name };
  }
}

function isStreamed(frame: Frame): boolean {
  return frame.shape.kind === "list" && frame.shape.streamed;
}

function isStructure(target: Frame["target"]): target is Structure {
  return target !== undefined && !Array.isArray(target);
}

function put(frame: Frame, name: string, value: unknown): void {
  if (Array.isArray(frame.target)) frame.target.push(value);
  else if (frame.target !== undefined) frame.target[name] = value;
}

function scalar(shape: Shape, text: string): unknown {
  // White space with a line break is indentation, as the SDK reads it.
  if (shape.kind === "string") return text.includes("\n") && text.trim() === "" ? "" : text;
  if (shape.kind === "integer" && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (shape.kind === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (shape.kind === "timestamp" && /^\d{4}-\d\d-\d\dT/.test(text)) {
    const date = new Date(text);
    if (!Number.isNaN(date.getTime())) return date;
  }
  throw new MalformedAnswer(`not a ${shape.kind}`);
}
