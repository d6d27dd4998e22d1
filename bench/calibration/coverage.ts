/** How often the intervals contain the truth. */
import { measureRows } from '../../domain/metrics/measure.js';
import { metricsFor } from '../../domain/metrics/table.js';
import type { MetricName } from '../../domain/pipeline.js';
import type { Estimate, MetricEstimates } from '../../domain/result.js';
import { isDefined } from '../../domain/statistics/estimate.js';
import type { Population } from './populations.js';
import { randomFrom } from './random.js';

export const SIZES = [50, 200, 1_000, 5_000] as const;
export const CONFIDENCE = 0.95;

/** The truth is the mean over this many blocks of this many rows: its own error is a 20th of an estimate's at n = 5,000. */
const TRUTH_BLOCKS = 8;
const TRUTH_ROWS = 250_000;

const KINDS = ['candidate', 'difference'] as const;
type Kind = (typeof KINDS)[number];

export interface Coverage {
  readonly population: string;
  readonly metric: MetricName;
  readonly kind: Kind;
  /** Of the intervals seen, over all sizes. */
  readonly methods: readonly string[];
  /** One per size. */
  readonly cells: readonly CoverageCell[];
}

export interface CoverageCell {
  readonly trials: number;
  readonly undefined: number;
  readonly covered: number;
  /** Intervals wholly below the truth, and wholly above it. */
  readonly below: number;
  readonly above: number;
}

interface Tally {
  undefined: number;
  covered: number;
  below: number;
  above: number;
}

export function coverageOf(population: Population, trials: number, seed: number): Coverage[] {
  const truth = truthOf(population, seed);
  const measurable = metricsOf(population).filter((metric) => truth.has(keyOf(metric, 'difference')));
  const rows = measurable.flatMap((metric) =>
    KINDS.map((kind) => ({ metric, kind, methods: new Set<string>(), tallies: [] as Tally[] })),
  );
  const { largest = Infinity } = population;
  SIZES.forEach((n, place) => {
    if (n > largest) return;
    for (const row of rows) row.tallies.push({ undefined: 0, covered: 0, below: 0, above: 0 });
    for (let trial = 0; trial < trials; trial++) {
      const estimates = measured(population, n, seed, place + 1, trial);
      for (const row of rows) {
        const expected = truth.get(keyOf(row.metric, row.kind))!;
        count(row.tallies[place]!, row.methods, estimates[row.metric]?.[row.kind], expected);
      }
    }
  });
  return rows.map(({ metric, kind, methods, tallies }) => ({
    population: population.name,
    metric,
    kind,
    methods: [...methods].sort(),
    cells: tallies.map((tally) => ({ trials, ...tally })),
  }));
}

function count(tally: Tally, methods: Set<string>, estimate: Estimate | undefined, truth: number): void {
  if (estimate === undefined || !isDefined(estimate)) {
    tally.undefined++;
    return;
  }
  methods.add(estimate.method);
  if (estimate.high < truth) tally.below++;
  else if (estimate.low > truth) tally.above++;
  else tally.covered++;
}

/** Those that need more than the population has are undefined, and left out. */
function metricsOf({ task, metrics, also = [] }: Population): readonly MetricName[] {
  return [...(metrics ?? metricsFor(task).map(({ name }) => name)), ...also];
}

function truthOf(population: Population, seed: number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (let block = 0; block < TRUTH_BLOCKS; block++) {
    const estimates = measured(population, TRUTH_ROWS, seed, 0, block);
    for (const metric of metricsOf(population)) {
      for (const kind of KINDS) {
        const estimate = estimates[metric]?.[kind];
        if (estimate === undefined || !isDefined(estimate)) continue;
        const key = keyOf(metric, kind);
        sums.set(key, (sums.get(key) ?? 0) + estimate.value);
      }
    }
  }
  return new Map([...sums].map(([key, sum]) => [key, sum / TRUTH_BLOCKS]));
}

function measured(
  population: Population,
  n: number,
  ...seeds: readonly number[]
): Partial<Record<MetricName, MetricEstimates>> {
  const { task, draw } = population;
  const metrics = metricsOf(population);
  const sample = draw(n, randomFrom(...seeds));
  return measureRows({ task, metrics, confidence: CONFIDENCE, seed: seeds.at(-1)!, ...sample });
}

function keyOf(metric: MetricName, kind: Kind): string {
  return `${metric} ${kind}`;
}
