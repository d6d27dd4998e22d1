/** Data and models of which some rows break some models: `test/golden/make_poison_models.py` says which. */
import { fileURLToPath } from 'node:url';

export const POISON_MODELS = ['crash', 'sound', 'at_load'] as const;

export function poisonModel(name: (typeof POISON_MODELS)[number]): string {
  return fileURLToPath(new URL(`./golden/poison/${name}.onnx`, import.meta.url));
}

/** ONNX Runtime leaves the smallest integer divided by -1 to the processor: x86-64 ends the process, others do not. */
export const CRASHES = process.arch === 'x64';

/** The divisors that crash.onnx dies of, and that it refuses. */
export const DEADLY = -1;
export const REFUSED = 0;

/**
 * Parcels: `id`, `x`, `divisor` (one everywhere but in `region`s that are named here), `region`, and the truth `late`, of which
 * x tells something.
 *
 * @param regions rows of each, in this order
 */
export function parcels(
  regions: Readonly<Record<string, number>>,
  divisors: Readonly<Record<string, number>> = {},
): string {
  const parts = Object.entries(regions).map(
    ([region, rows], place) =>
      `SELECT ${place * 10_000_000} + i AS id, ((i * 37) % 101) / 50.0 - 1.0 AS x, CAST(${divisors[region] ?? 1} AS FLOAT) AS divisor,
         '${region}' AS region, CAST((i * 37) % 101 + (i * 7) % 20 > 55 AS INTEGER) AS late
       FROM range(${rows}) AS rows(i)`,
  );
  return parts.join('\nUNION ALL\n');
}
