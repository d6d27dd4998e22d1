/** What is remembered of many things by a process that lives for months: of those that were used last. */
export class RecentMap<K, V> {
  /** In the order of their last use. */
  private readonly entries = new Map<K, V>();

  /** @param most entries; beyond it those are forgotten that were not used for longest */
  constructor(private readonly most: number) {}

  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.most) return;
      this.entries.delete(oldest);
    }
  }

  delete(key: K): void {
    this.entries.delete(key);
  }
}
