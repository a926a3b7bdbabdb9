import type { Vendor } from "@cloudlink/measure";

/** How long a vendor is given to see that a connection was closed, in milliseconds; a few are enough. */
const HEARD_MS = 5_000;

/** A vendor that can be made to hold what it is asked. */
export class HeldVendor {
  readonly #vendor: Vendor;
  #isDeaf = false;

  constructor(vendor: Vendor) {
    this.#vendor = vendor;
  }

  /** Holds every request, or those of one account, until the returned function lets them go on. */
  async hold(account?: string): Promise<() => Promise<void>> {
    const rule = { ...(account !== undefined && { account }), fault: { kind: "hold" } };
    const { id } = (await this.#vendor.control("POST", "faults", rule)) as { id: string };
    return async () => void (await this.#vendor.control("DELETE", `faults/${id}`));
  }

  /** Waits until so many requests are before it, however many that is by then. */
  async holds(count: () => number): Promise<void> {
    let held = 0;
    while (held < count()) held = await this.#pending();
  }

  /**
   * Waits until none is before it any more, and forgets them all. Once some stayed for good it waits no more: they will the next time too.
   *
   * @returns how many stayed.
   */
  async rest(): Promise<number> {
    const endsAt = performance.now() + (this.#isDeaf ? 0 : HEARD_MS);
    let left = await this.#pending();
    while (left > 0 && performance.now() < endsAt) left = await this.#pending();
    this.#isDeaf ||= left > 0;
    await this.#vendor.control("DELETE", "requests");
    return left;
  }

  async #pending(): Promise<number> {
    return ((await this.#vendor.control("GET", "requests?outcome=pending&limit=0")) as { count: number }).count;
  }
}
