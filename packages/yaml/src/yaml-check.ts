import { quote } from "@cloudlink/core";
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type YAMLMap,
} from "yaml";
import { printable } from "./printable.ts";
import type { Problem } from "./problem.ts";

/** The most values a document stands for once its aliases are written out: no more than it may have tokens. */
const MOST_VALUES = 12_000;

/** How {@link checkYaml} tells what it finds. */
export interface CheckSettings {
  readonly lineCounter: LineCounter;
  readonly confidential: boolean;
}

/** What {@link checkYaml} gives. */
export interface CheckedYaml {
  readonly problems: readonly Problem[];
  /** The node that each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
}

/**
 * Finds what the YAML language allows and a file of plain data must not have: keys that repeat, are not text or are named
 * `__proto__`; numbers that JSON cannot hold; aliases that stand for nothing, for themselves or for too much.
 *
 * Where the text is `confidential`, messages quote keys of it alone. The document must be of bounded depth. Time is linear in it.
 */
export function checkYaml(document: Document, settings: CheckSettings): CheckedYaml {
  const checker = new YamlChecker(settings);
  checker.visit(document.contents);
  return checker;
}

class YamlChecker implements CheckedYaml {
  readonly problems: Problem[] = [];
  readonly targets = new Map<Alias, Node>();
  readonly #lineCounter: LineCounter;
  readonly #confidential: boolean;
  /** The last node of each anchor's name so far. */
  readonly #anchors = new Map<string, Node>();
  /** The nodes that the walk is inside of. */
  readonly #open = new Set<Node>();
  readonly #sizes = new Map<Node, number>();
  #aliased = 0;

  constructor({ lineCounter, confidential }: CheckSettings) {
    this.#lineCounter = lineCounter;
    this.#confidential = confidential;
  }

  /** @returns how many values the node stands for. */
  visit(node: unknown): number {
    if (!isNode(node)) return 1;
    if (isAlias(node)) return this.#visitAlias(node);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    let size = 1;
    if (isSeq(node)) for (const item of node.items) size += this.visit(item);
    else if (isMap(node)) size += this.#visitMap(node);
    else if (isScalar(node) && typeof node.value === "number" && !Number.isFinite(node.value)) {
      this.#report(node, "this is not a number that JSON can hold");
    }
    this.#open.delete(node);
    this.#sizes.set(node, size);
    return size;
  }

  #visitMap(map: YAMLMap): number {
    const lines = new Map<string, number>();
    let size = 0;
    for (const { key, value } of map.items) {
      size += this.visit(key) + this.visit(value);
      const name = isScalar(key) ? key.value : undefined;
      if (typeof name !== "string") {
        this.#report(key, "a key has to be text");
        continue;
      }
      const earlier = lines.get(name);
      if (earlier !== undefined) {
        this.#report(key, `${quote(name)} is here a second time; the first is on line ${earlier}`);
      } else {
        if (name === "__proto__") this.#report(key, `"${name}" cannot be a key`);
        lines.set(name, this.#lineCounter.linePos(offsetOf(key)).line);
      }
    }
    return size;
  }

  #visitAlias(alias: Alias): number {
    const target = this.#anchors.get(alias.source);
    const name = this.#confidential ? "" : ` *${printable(alias.source)}`;
    if (target === undefined || this.#open.has(target)) {
      const anchor = this.#confidential ? "" : ` &${printable(alias.source)}`;
      const fault = target === undefined ? `has no anchor${anchor} before it` : "stands inside what it stands for";
      const advice = this.#confidential ? "; put text that begins with * in quotes" : "";
      this.#report(alias, `the alias${name} ${fault}${advice}`);
      return 1;
    }
    this.targets.set(alias, target);
    const size = this.#sizes.get(target) ?? 1;
    const before = this.#aliased;
    this.#aliased += size;
    if (before <= MOST_VALUES && this.#aliased > MOST_VALUES) {
      this.#report(alias, `with the alias${name}, aliases stand for more than ${MOST_VALUES} values`);
    }
    return size;
  }

  #report(node: unknown, message: string): void {
    this.problems.push({ offset: offsetOf(node), message });
  }
}

/** Where a node begins; 0 for one that is not there. */
export function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
