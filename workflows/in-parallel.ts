/**
 * Runs `work` over the items, at most `limit` at once; results in the items' order. The first failure ends the rest.
 *
 * @param enough asked before each item: once it says true no further item is begun, and the results are those of the items
 *   that were
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
  enough: () => boolean = () => false,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    // The first item is always begun, so that whoever goes on with the rest gets nearer to the end.
    while (next < items.length && !failed && (next === 0 || !enough())) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}
