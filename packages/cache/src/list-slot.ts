import type { CachedList } from "@cloudlink/core";
import { Kept } from "./memory-budget.ts";

/** A list that is kept. */
export class ListSlot extends Kept {
  readonly key: string;
  readonly list: CachedList;
  wasRead = false;
  readonly #forget: (slot: ListSlot) => void;

  constructor(key: string, { list, forget }: { readonly list: CachedList; readonly forget: (slot: ListSlot) => void }) {
    super();
    this.key = key;
    this.list = list;
    this.#forget = forget;
  }

  wasReadSinceHandCame(): boolean {
    const { wasRead } = this;
    this.wasRead = false;
    return wasRead;
  }

  letGo(): void {
    this.#forget(this);
  }
}
