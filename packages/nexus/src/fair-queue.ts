/**
 * Who waits, tenant by tenant: each tenant's own in the order they came, and the tenants by turns, so that one with a thousand waiting is in
 * nobody's way but its own.
 */
export class FairQueue<Waiter extends { readonly tenant: string }> {
  /** Whose turn is next stands first. A tenant with nobody waiting is not in it. */
  readonly #tenants = new Map<string, Set<Waiter>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(waiter: Waiter): void {
    const own = this.#tenants.get(waiter.tenant);
    if (own === undefined) this.#tenants.set(waiter.tenant, new Set([waiter]));
    else own.add(waiter);
    this.#size += 1;
  }

  /** It waits no more, and took no turn. */
  remove(waiter: Waiter): void {
    const own = this.#tenants.get(waiter.tenant);
    if (own?.delete(waiter) !== true) return;
    this.#size -= 1;
    if (own.size === 0) this.#tenants.delete(waiter.tenant);
  }

  /** The next whose turn it is, of the tenants that may have one now. */
  next(mayGo: (tenant: string) => boolean): Waiter | undefined {
    for (const [tenant, own] of this.#tenants) if (mayGo(tenant)) return own.values().next().value;
    return undefined;
  }

  /** It takes its turn: its tenant's next is after everybody else's. */
  serve(waiter: Waiter): void {
    this.remove(waiter);
    const left = this.#tenants.get(waiter.tenant);
    if (left === undefined) return;
    this.#tenants.delete(waiter.tenant);
    this.#tenants.set(waiter.tenant, left);
  }

  /** How many turns others take before one more of this tenant's has its own, if nobody else comes. */
  turnsBefore(tenant: string): number {
    const own = this.#tenants.get(tenant)?.size ?? 0;
    let turns = own;
    let isBefore = true;
    for (const [other, waiters] of this.#tenants) {
      if (other === tenant) isBefore = false;
      else turns += Math.min(waiters.size, isBefore ? own + 1 : own);
    }
    return turns;
  }

  /** Everybody, in the order of their turns. Who is in it may be removed meanwhile. */
  *inOrder(): Iterable<Waiter> {
    let rows = [...this.#tenants.values()].map((own) => [...own].values());
    while (rows.length > 0) {
      const left: typeof rows = [];
      for (const row of rows) {
        const { done, value } = row.next();
        if (done === true) continue;
        yield value;
        left.push(row);
      }
      rows = left;
    }
  }
}
