/**
 * Gathers what comes within one turn, place by place, and hands it on together. Whatever promises lead to is in it, since it ends when there is
 * none left to run: 64 reads at once go as one request, and one alone waits for nothing.
 */
export class Gathering<Item> {
  readonly #most: number;
  readonly #handOn: (place: string, items: readonly Item[]) => void;
  #waiting = new Map<string, Item[]>();

  constructor(settings: { readonly most: number; handOn(place: string, items: readonly Item[]): void }) {
    this.#most = settings.most;
    this.#handOn = settings.handOn;
  }

  add(place: string, item: Item): void {
    if (this.#waiting.size === 0) process.nextTick(() => this.#end());
    const items = this.#waiting.get(place);
    if (items === undefined) this.#waiting.set(place, [item]);
    else items.push(item);
  }

  #end(): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const [place, items] of waiting) {
      for (let start = 0; start < items.length; start += this.#most) {
        this.#handOn(place, items.slice(start, start + this.#most));
      }
    }
  }
}
