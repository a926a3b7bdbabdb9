/** Something that is kept in memory, at somebody's expense. */
export abstract class Kept {
  /** What it takes, in bytes; see `sizeOf`. */
  bytes = 0;
  owner: Owner | undefined;
  /** Towards what was kept later, and earlier. */
  newer: Kept | undefined;
  older: Kept | undefined;

  /** It is let go: whoever can find it forgets it. */
  abstract letGo(): void;
  /** Whether it was read since this was last asked. */
  abstract wasReadSinceHandCame(): boolean;
}

/** Whoever pays for what is kept: a tenant. Its own things are in the order in which they came, with a hand that looks for what to let go. */
class Owner {
  readonly name: string;
  entries = 0;
  bytes = 0;
  rank = 0;
  newest: Kept | undefined;
  oldest: Kept | undefined;
  hand: Kept | undefined;

  constructor(name: string) {
    this.name = name;
  }

  add(kept: Kept): void {
    kept.owner = this;
    kept.older = this.newest;
    if (this.newest !== undefined) this.newest.newer = kept;
    this.newest = kept;
    this.oldest ??= kept;
    this.entries += 1;
    this.bytes += kept.bytes;
  }

  remove(kept: Kept): void {
    if (this.hand === kept) this.hand = kept.newer;
    if (kept.newer === undefined) this.newest = kept.older;
    else kept.newer.older = kept.older;
    if (kept.older === undefined) this.oldest = kept.newer;
    else kept.older.newer = kept.newer;
    kept.newer = undefined;
    kept.older = undefined;
    kept.owner = undefined;
    this.entries -= 1;
    this.bytes -= kept.bytes;
  }

  /**
   * What to let go next: the oldest that was not read since the hand last came by. This is SIEVE (Zhang et al., NSDI 2024), which evicts
   * better than LRU does, and costs a read no more than leaving a mark.
   */
  victim(): Kept | undefined {
    let kept = this.hand ?? this.oldest;
    while (kept?.wasReadSinceHandCame()) kept = kept.newer ?? this.oldest;
    this.hand = kept?.newer;
    return kept;
  }
}

/** How much may be kept. */
export interface MemoryBounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/**
 * What is kept in memory, within bounds, and fairly: when there is no room, it is one of the largest owners that lets something go. An owner
 * with less than half of what the largest has loses nothing to anybody but itself.
 */
export class MemoryBudget {
  readonly bounds: MemoryBounds;
  entries = 0;
  bytes = 0;
  evicted = 0;
  readonly #owners = new Map<string, Owner>();
  /** Owners by the order of magnitude of their share, so that a large one is found without looking at all. */
  readonly #ranks: Set<Owner>[] = [];

  constructor(bounds: MemoryBounds) {
    this.bounds = bounds;
  }

  /** Whether something of that size may be kept at all: what takes an eighth of all the room would cost more entries than it is worth. */
  takes(bytes: number): boolean {
    return Number.isFinite(bytes) && bytes <= this.bounds.maxBytes / 8;
  }

  /** Keeps `kept` for the owner of that name. Whatever it displaces is let go first: what has just come was never read, and would go itself. */
  add(kept: Kept, ownerName: string): void {
    this.#makeRoom({ entries: 1, bytes: kept.bytes });
    let owner = this.#owners.get(ownerName);
    if (owner === undefined) {
      owner = new Owner(ownerName);
      this.#owners.set(ownerName, owner);
      this.#ranksAt(owner.rank).add(owner);
    }
    owner.add(kept);
    this.entries += 1;
    this.bytes += kept.bytes;
    this.#rank(owner);
  }

  remove(kept: Kept): void {
    const { owner } = kept;
    if (owner === undefined) return;
    owner.remove(kept);
    this.entries -= 1;
    this.bytes -= kept.bytes;
    this.#rank(owner);
  }

  /** It takes another number of bytes than before. */
  resize(kept: Kept, bytes: number): void {
    const { owner } = kept;
    if (owner !== undefined) {
      owner.bytes += bytes - kept.bytes;
      this.bytes += bytes - kept.bytes;
    }
    kept.bytes = bytes;
    if (owner === undefined) return;
    this.#rank(owner);
    this.#makeRoom({ entries: 0, bytes: 0 });
  }

  #makeRoom(more: { readonly entries: number; readonly bytes: number }): void {
    const { maxEntries, maxBytes } = this.bounds;
    while (this.entries + more.entries > maxEntries || this.bytes + more.bytes > maxBytes) {
      const victim = this.#largest()?.victim();
      if (victim === undefined) return;
      this.remove(victim);
      this.evicted += 1;
      victim.letGo();
    }
  }

  #largest(): Owner | undefined {
    for (let rank = this.#ranks.length - 1; rank >= 0; rank -= 1) {
      for (const owner of this.#ranks[rank] ?? []) return owner;
    }
    return undefined;
  }

  #rank(owner: Owner): void {
    if (owner.entries === 0) {
      this.#ranksAt(owner.rank).delete(owner);
      this.#owners.delete(owner.name);
      return;
    }
    const { maxEntries, maxBytes } = this.bounds;
    // Of either bound, in millionths; a doubling is a rank.
    const share = Math.max(owner.entries / maxEntries, owner.bytes / maxBytes) * 1e6;
    const rank = share < 1 ? 0 : Math.floor(Math.log2(share)) + 1;
    if (rank === owner.rank) return;
    this.#ranksAt(owner.rank).delete(owner);
    owner.rank = rank;
    this.#ranksAt(rank).add(owner);
  }

  #ranksAt(rank: number): Set<Owner> {
    let owners = this.#ranks[rank];
    if (owners === undefined) {
      for (let index = this.#ranks.length; index <= rank; index += 1) this.#ranks.push(new Set());
      owners = this.#ranks[rank] as Set<Owner>;
    }
    return owners;
  }
}
