/** Metrics of the whole order of the scores: the precision-recall curve, and the distance of the two classes' scores. */
import { square } from '../statistics/powers.js';
import type { Estimate, UndefinedEstimate } from '../result.js';
import { estimateOf, undefinedBecause } from '../statistics/estimate.js';
import { exactSum } from '../statistics/exact-sum.js';
import { spreadOf, type Linearised } from '../statistics/linearised.js';
import { classesOf, classUnits, fewestOf, SMALL_CLASS, type ByClass } from '../statistics/class-units.js';
import { PoissonBootstrap } from '../statistics/poisson-bootstrap.js';
import { ascendingOrderBy } from '../statistics/radix-order.js';
import { oneClass } from './auc.js';
import { compared } from './comparison.js';
import { linearDifference, linearEstimate, type Form } from './linear.js';
import type { Metric } from './metric.js';
import type { BinaryPredictions, Numbers } from './predictions.js';
import { NO_SCORES } from './probability-losses.js';
import type { BinaryRows, Side } from './rows.js';
import { differenceOfShares } from './shares.js';

export const AVERAGE_PRECISION: Metric = {
  name: 'average_precision',
  description: 'precision at each recall that the scores reach, averaged (area under the precision-recall curve)',
  direction: 'higher',
  range: [0, 1],
  measure: {
    binary: (rows) => {
      const classes = classUnits(rows.labels, rows.weights, rows.units);
      const [, { effective: positives }] = classes;
      // The precision at one positive row is its own mean, so that it would seem to be known for sure. The average over so few is taken for a
      // share of so many rows, which varies more than any mean of numbers between 0 and 1.
      const few = positives < SMALL_CLASS && rows.units?.count !== 1;
      const share = ({ value }: Linearised) =>
        ({ kind: 'proportion', successes: value * positives, n: positives }) as const;
      return compared<Side<BinaryPredictions>, Linearised>({
        candidate: rows.candidate,
        baseline: rows.baseline,
        alike: rows.sameScores,
        n: rows.n,
        prepare: (side) => {
          const steps = stepsOf(rows, side);
          return 'undefined' in steps ? steps : averagePrecision(rows, steps, classes);
        },
        estimate: (linear) =>
          few
            ? estimateOf(
                { value: linear.value, n: rows.n, method: 'effective-wilson', basis: share(linear) },
                rows.confidence,
              )
            : linearEstimate(linear, PRECISION_FORM, rows),
        difference: (first, second) =>
          few
            ? differenceOfShares(first.value - second.value, share(first), share(second), rows)
            : linearDifference(first, second, PRECISION_FORM, rows),
      });
    },
  },
};

const PRECISION_FORM: Form = { shape: 'logit', method: 'delta', range: [0, 1] };

/** Mean and standard deviation of Kolmogorov's distribution: of the largest |noise| of a distribution function. */
const NOISE = { mean: 0.8687, deviation: 0.2603 };

export const KS: Metric = {
  name: 'ks',
  description: 'largest distance between the score distributions of positive and negative rows (Kolmogorov-Smirnov)',
  direction: 'higher',
  range: [0, 1],
  measure: {
    binary: (rows) => {
      const classes = classUnits(rows.labels, rows.weights, rows.units);
      return compared<Side<BinaryPredictions>, Distance>({
        candidate: rows.candidate,
        baseline: rows.baseline,
        alike: rows.sameScores,
        n: rows.n,
        prepare: (side) => {
          const steps = stepsOf(rows, side);
          if ('undefined' in steps) return steps;
          const distance = kolmogorovSmirnov(rows, steps, classes);
          if (rows.units?.count === 1) return undefinedBecause('one cluster only');
          const what = rows.units === null ? 'rows of a class' : 'clusters with a row of a class';
          return distance.linear.reach! < SMALL_CLASS
            ? undefinedBecause(`fewer than ${SMALL_CLASS} ${what}`)
            : distance;
        },
        estimate: (distance) => ksEstimate(rows, distance),
        difference: (first, second) => ksDifference(rows, first, second),
      });
    },
  },
};

const KS_FORM: Form = { shape: 'share', method: 'delta', range: [0, 1] };

/** More rows than this are not resampled: it would take long. */
const RESAMPLED_ROWS = 10_000;
/** Enough to know a mean: the optimism's own error is a tenth of its deviation in a sample. */
const REPLICATES = 100;

/** The largest distance, and what it is at the threshold where it is largest. */
interface Distance {
  readonly linear: Linearised;
  /** Per row: 1 where its score is on the positive class's side of that threshold. */
  readonly above: Uint8Array;
  /** By how much the value is too high because it is the largest of many; null: not resampled. */
  readonly optimism: number | null;
}

/**
 * At the threshold where it is largest the distance is a difference of two independent shares: Newcombe 1998, method 10. What it
 * gains by being the largest has no closed form, and is resampled.
 */
function ksEstimate(rows: BinaryRows, { linear, above, optimism }: Distance): Estimate {
  const { n, confidence } = rows;
  if (optimism === null) return foldedDistance(rows, linear);
  const share = (label: number) => {
    const [out, hit] = countsOf(rows.labels, label, [above]);
    return { kind: 'proportion', successes: hit!, n: out! + hit! } as const;
  };
  const basis = { kind: 'contrast', first: share(1), second: share(0), optimism, min: 0, max: 1 } as const;
  return estimateOf({ value: linear.value, n, method: 'bootstrap-newcombe', basis }, confidence);
}

/** Each model at its own threshold: paired shares of the positive rows, less those of the negative rows. */
function ksDifference(rows: BinaryRows, first: Distance, second: Distance): Estimate {
  if (rows.weights !== null || rows.units !== null) return linearDifference(first.linear, second.linear, KS_FORM, rows);
  const shares = (label: number) => {
    const [d, c, b, a] = countsOf(rows.labels, label, [first.above, second.above]) as [number, number, number, number];
    return { kind: 'paired', a, b, c, d } as const;
  };
  const known = first.optimism !== null && second.optimism !== null;
  const optimism = known ? first.optimism - second.optimism : 0;
  const basis = { kind: 'contrast', first: shares(1), second: shares(0), optimism, min: -1, max: 1 } as const;
  const method = known ? 'bootstrap-tango' : 'mover-tango';
  const value = first.linear.value - second.linear.value;
  return estimateOf({ value, n: rows.n, method, basis }, rows.confidence);
}

/** Rows with this label by their flags, the first flag counting most. */
function countsOf(labels: Uint8Array, label: number, flags: readonly Uint8Array[]): number[] {
  const counts = new Array<number>(1 << flags.length).fill(0);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === label) counts[flags.reduce((cell, flag) => 2 * cell + flag[i]!, 0)]!++;
  }
  return counts;
}

/**
 * In replicates of the rows: how much larger the largest distance is than the one at the sample's own threshold. Replicates
 * without a row of a class are left out.
 */
function resampledOptimism({ n, labels, seed, rowIds }: BinaryRows, steps: Steps, at: number, sign: number): number {
  const bootstrap = new PoissonBootstrap(seed, rowIds ?? Int32Array.from(labels.keys()));
  const weights = new Uint8Array(n);
  const of = [new Int32Array(steps.positives.length), new Int32Array(steps.positives.length)] as const;
  let [sum, used] = [0, 0];
  for (let replicate = 0; replicate < REPLICATES; replicate++) {
    bootstrap.draw(replicate, weights);
    for (const counts of of) counts.fill(0);
    const all = [0, 0];
    for (let row = 0; row < n; row++) {
      of[labels[row] === 1 ? 1 : 0][steps.stepOf[row]!]! += weights[row]!;
      all[labels[row]!]! += weights[row]!;
    }
    if (all[0] === 0 || all[1] === 0) continue;
    let [positives, negatives, largest, here] = [0, 0, 0, 0];
    for (let step = 0; step < of[0].length; step++) {
      positives += of[1][step]!;
      negatives += of[0][step]!;
      const distance = positives / all[1]! - negatives / all[0]!;
      if (Math.abs(distance) > largest) largest = Math.abs(distance);
      if (step === at) here = sign * distance;
    }
    sum += largest - here;
    used++;
  }
  return used === 0 ? 0 : sum / used;
}

/** The largest distance can only be too large by as much as the noise is large somewhere; it is too small as any share is. */
function foldedDistance(rows: BinaryRows, linear: Linearised): Estimate {
  const { se, alike } = spreadOf(linear, rows.units);
  if (alike) return linearEstimate(linear, KS_FORM, rows);
  const { labels, weights } = rows;
  const [negatives, positives] = classUnits(labels, weights, null);
  // Rows that go together make the noise as much larger as they make the standard error.
  const inflation = rows.units === null ? 1 : Math.max(1, se / spreadOf(linear, null).se);
  const noise = inflation * Math.sqrt(1 / negatives.effective + 1 / positives.effective);
  const basis = {
    kind: 'folded',
    se,
    bias: NOISE.mean * noise,
    noise: NOISE.deviation * noise,
    min: 0,
    max: 1,
  } as const;
  return estimateOf({ value: linear.value, n: rows.n, method: 'folded', basis }, rows.confidence);
}

/** The distinct scores, highest first, and the weight of positive and negative rows that score at least as high. */
interface Steps {
  /** Per row: which step it comes in with. */
  readonly stepOf: Uint32Array;
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

function stepsOf(rows: BinaryRows, { predictions, problem }: Side<BinaryPredictions>): Steps | UndefinedEstimate {
  const reason = problem ?? oneClass(rows.labels, rows.weights);
  if (reason !== null) return undefinedBecause(reason);
  return predictions.scores === null ? NO_SCORES : steps(rows, predictions.scores);
}

function steps({ n, labels, weights }: BinaryRows, scores: Numbers): Steps {
  const order = ascendingOrderBy(scores, weights);
  const stepOf = new Uint32Array(n);
  const [positives, negatives] = [new Float64Array(n), new Float64Array(n)];
  let step = -1;
  for (let i = n - 1; i >= 0; i--) {
    const row = order[i]!;
    if (i === n - 1 || scores[row] !== scores[order[i + 1]!]) {
      step++;
      positives[step] = positives[step - 1] ?? 0;
      negatives[step] = negatives[step - 1] ?? 0;
    }
    stepOf[row] = step;
    (labels[row] === 1 ? positives : negatives)[step]! += weights?.[row] ?? 1;
  }
  return { stepOf, positives: positives.subarray(0, step + 1), negatives: negatives.subarray(0, step + 1) };
}

/**
 * Sum over the steps of (recall gained) * precision. A row's contribution: what its own step gives, and what it does to the
 * precision of every step from its own on.
 */
function averagePrecision(
  { labels, weights }: BinaryRows,
  { stepOf, positives, negatives }: Steps,
  classes: ByClass,
): Linearised {
  const last = positives.length - 1;
  const whole = positives[last]!;
  const precision = positives.map((tp, step) => (tp === 0 ? 0 : tp / (tp + negatives[step]!)));
  const gained = positives.map((tp, step) => tp - (positives[step - 1] ?? 0));
  const value = exactSum(gained.map((gain, step) => gain * precision[step]!)) / whole;
  // d precision/d tp = fp/(tp + fp)^2, d precision/d fp = -tp/(tp + fp)^2, summed over the steps that the row is part of.
  const [ofPositive, ofNegative] = [new Float64Array(last + 1), new Float64Array(last + 1)];
  for (let step = last; step >= 0; step--) {
    const [tp, fp] = [positives[step]!, negatives[step]!];
    const slope = tp + fp === 0 ? 0 : gained[step]! / square(tp + fp);
    ofPositive[step] = (ofPositive[step + 1] ?? 0) + slope * fp;
    ofNegative[step] = (ofNegative[step + 1] ?? 0) - slope * tp;
  }
  const contributions = Float64Array.from(stepOf, (step, row) => {
    const effect = labels[row] === 1 ? precision[step]! - value + ofPositive[step]! : ofNegative[step]!;
    return ((weights?.[row] ?? 1) * effect) / whole;
  });
  return {
    value: Math.min(1, value),
    contributions,
    magnitude: 1,
    reach: classes[1].effective,
    classes: classesOf(labels, classes),
  };
}

/** At the threshold where it is largest, the difference of two shares. The highest such threshold, if there are several. */
function kolmogorovSmirnov(rows: BinaryRows, ranked: Steps, classes: ByClass): Distance {
  const { labels, weights, units, n } = rows;
  const { stepOf, positives, negatives } = ranked;
  const last = positives.length - 1;
  const [allPositive, allNegative] = [positives[last]!, negatives[last]!];
  const distance = (step: number) => positives[step]! / allPositive - negatives[step]! / allNegative;
  let at = last;
  for (let step = last - 1; step >= 0; step--) if (Math.abs(distance(step)) >= Math.abs(distance(at))) at = step;
  const value = distance(at);
  const sign = value < 0 ? -1 : 1;
  const shares = [negatives[at]! / allNegative, positives[at]! / allPositive] as const;
  const contributions = Float64Array.from(stepOf, (step, row) => {
    const label = labels[row] === 1 ? 1 : 0;
    const whole = label === 1 ? allPositive : -allNegative;
    return (sign * (weights?.[row] ?? 1) * (Number(step <= at) - shares[label])) / whole;
  });
  const plain = weights === null && units === null && n <= RESAMPLED_ROWS;
  return {
    linear: {
      value: Math.abs(value),
      contributions,
      magnitude: 1,
      reach: fewestOf(classes),
      classes: classesOf(labels, classes),
    },
    above: Uint8Array.from(stepOf, (step) => Number(step <= at === sign > 0)),
    optimism: plain ? resampledOptimism(rows, ranked, at, sign) : null,
  };
}
