/** Position of the first item that was there before, or null. */
export function repeatedAt(items: readonly unknown[]): number | null {
  const seen = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    if (seen.has(item)) return index;
    seen.add(item);
  }
  return null;
}
