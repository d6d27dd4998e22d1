/** Adjusted p-values for many checks at once, in the order of the input. Reject where adjusted p <= level. */

/** Holm 1979, Scandinavian Journal of Statistics 6:65: the chance of any false rejection, under any dependence. */
export function holm(pValues: readonly number[]): number[] {
  const m = pValues.length;
  const adjusted = new Array<number>(m);
  let largest = 0;
  ascending(pValues).forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (m - rank) * pValues[index]!));
    adjusted[index] = largest;
  });
  return adjusted;
}

/** Benjamini & Hochberg 1995, JRSS B 57:289: the expected share of false rejections, under independence or PRDS. */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  return stepUp(pValues, 1);
}

/** Benjamini & Yekutieli 2001, Annals of Statistics 29:1165: the same under any dependence. */
export function benjaminiYekutieli(pValues: readonly number[]): number[] {
  let harmonic = 0;
  for (let i = 1; i <= pValues.length; i++) harmonic += 1 / i;
  return stepUp(pValues, harmonic);
}

function stepUp(pValues: readonly number[], factor: number): number[] {
  const m = pValues.length;
  const adjusted = new Array<number>(m);
  let smallest = 1;
  const order = ascending(pValues);
  for (let rank = m; rank >= 1; rank--) {
    const index = order[rank - 1]!;
    smallest = Math.min(smallest, (factor * m * pValues[index]!) / rank);
    adjusted[index] = smallest;
  }
  return adjusted;
}

function ascending(pValues: readonly number[]): number[] {
  return pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]! || i - j);
}
