/** Endless data whose truth is known: what the intervals are to cover. */
import type { Labels, Predictions } from '../../domain/metrics/predictions.js';
import type { MetricName, Task } from '../../domain/pipeline.js';
import type { Random } from './random.js';

export interface Sample {
  readonly labels: Labels;
  readonly candidate: Predictions;
  readonly baseline: Predictions;
  readonly weights?: Float64Array;
  readonly costs?: Float64Array;
  readonly clusters?: Int32Array;
  readonly groups?: Int32Array;
  readonly classNames?: readonly string[];
  readonly proportions?: 'exact';
}

export interface Population {
  readonly name: string;
  readonly task: Task;
  /** What is measured; missing: every metric of the task without an argument. */
  readonly metrics?: readonly MetricName[];
  /** Measured besides those. */
  readonly also?: readonly MetricName[];
  /** What `n` counts, where it is not rows. */
  readonly unit?: string;
  /** Larger samples would take too long. */
  readonly largest?: number;
  readonly draw: (n: number, random: Random) => Sample;
}

const THRESHOLD = 0.5;

export interface Binormal {
  /** Share of positive rows. */
  readonly prevalence: number;
  /** Distance of the classes' scores in standard deviations, of each model: AUC = Phi(distance / sqrt 2). */
  readonly candidate: number;
  readonly baseline: number;
  /** Correlation of the two models' scores within a class. */
  readonly correlation: number;
  /** By how much too sure the candidate is: its log-odds are this many times the true ones. */
  readonly overconfidence?: number;
  /** Rows of one cluster; their scores have an intra-class correlation of {@link INTRA_CLASS}. */
  readonly cluster?: number;
}

/** Of rows of one user: what slices of real data show. */
const INTRA_CLASS = 0.3;

/** Scores are normal in each class, and the probabilities that the models give are the true ones. */
export function drawBinary(n: number, random: Random, population: Binormal): Sample {
  const { prevalence, correlation } = population;
  const rest = Math.sqrt(1 - correlation * correlation);
  const prior = Math.log(prevalence / (1 - prevalence));
  const labels = new Uint8Array(n);
  const scores = [new Float64Array(n), new Float64Array(n)] as const;
  const positive = [new Uint8Array(n), new Uint8Array(n)] as const;
  const distances = [population.candidate, population.baseline] as const;
  const { cluster = 1, overconfidence = 1 } = population;
  const together = [0, 0];
  for (let row = 0; row < n; row++) {
    const label = random.uniform() < prevalence ? 1 : 0;
    labels[row] = label;
    let first = random.normal();
    let second = correlation * first + rest * random.normal();
    if (cluster > 1) {
      if (row % cluster === 0) {
        together[0] = random.normal();
        together[1] = correlation * together[0] + rest * random.normal();
      }
      first = Math.sqrt(INTRA_CLASS) * together[0]! + Math.sqrt(1 - INTRA_CLASS) * first;
      second = Math.sqrt(INTRA_CLASS) * together[1]! + Math.sqrt(1 - INTRA_CLASS) * second;
    }
    for (const model of [0, 1] as const) {
      const distance = distances[model];
      const x = distance * label + (model === 0 ? first : second);
      const sure = model === 0 ? overconfidence : 1;
      const score = 1 / (1 + Math.exp(-sure * (prior + distance * x - (distance * distance) / 2)));
      scores[model][row] = score;
      positive[model][row] = Number(score >= THRESHOLD);
    }
  }
  const predictions = (model: 0 | 1): Predictions => ({
    kind: 'binary',
    scores: scores[model],
    positive: positive[model],
  });
  return { labels, candidate: predictions(0), baseline: predictions(1) };
}

const CLASS_NAMES = ['a', 'b', 'c', 'd'] as const;
/** Shares of the four classes. */
const CLASS_SHARES = [0.4, 0.3, 0.2, 0.1] as const;

function drawMulticlass(n: number, random: Random): Sample {
  const k = CLASS_SHARES.length;
  const labels = new Int32Array(n);
  const models = [1.6, 1.4].map((distance) => ({
    distance,
    classes: new Int32Array(n),
    probabilities: new Float64Array(n * k),
  }));
  for (let row = 0; row < n; row++) {
    const u = random.uniform();
    let label = 0;
    for (let sum = CLASS_SHARES[0]; label < k - 1 && u >= sum; sum += CLASS_SHARES[label]!) label++;
    labels[row] = label;
    const shared = CLASS_SHARES.map(() => random.normal());
    for (const { distance, classes, probabilities } of models) {
      // One normal feature a class, shifted in the label's; the softmax is then the true probability.
      const weights = CLASS_SHARES.map((share, j) => {
        const x = 0.8 * shared[j]! + 0.6 * random.normal() + (j === label ? distance : 0);
        return share * Math.exp(distance * x - (distance * distance) / 2);
      });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      let best = 0;
      for (let j = 0; j < k; j++) {
        probabilities[row * k + j] = weights[j]! / total;
        if (weights[j]! > weights[best]!) best = j;
      }
      classes[row] = best;
    }
  }
  const [candidate, baseline] = models.map(({ classes, probabilities }): Predictions => ({
    kind: 'multiclass',
    classes,
    probabilities,
    k,
  }));
  return { labels, candidate: candidate!, baseline: baseline!, classNames: CLASS_NAMES };
}

/** Sigma of the log-normal errors: a skewness of 2.3, and a square's of about 15. */
const SKEW = 0.6;

/** Labels with errors around them that two models share in part; `skewed`: now and then a large one (log-normal). */
function drawRegression(n: number, random: Random, skewed: boolean): Sample {
  const labels = new Float64Array(n);
  const [candidate, baseline] = [new Float64Array(n), new Float64Array(n)];
  for (let row = 0; row < n; row++) {
    // Above 0, and far enough from it for the error's share of the label to have a mean and a variance.
    const label = 10 * Math.exp(0.3 * random.normal());
    const shared = random.normal();
    const error = (scale: number): number => {
      const own = 0.8 * shared + 0.6 * random.normal();
      return scale * (skewed ? Math.exp(SKEW * own) - 1 : own);
    };
    labels[row] = label;
    candidate[row] = label + error(1);
    baseline[row] = label + error(1.1);
  }
  return {
    labels,
    candidate: { kind: 'regression', values: candidate },
    baseline: { kind: 'regression', values: baseline },
  };
}

/** Items of each group. */
const ITEMS = 6;

/** Relevances 0 to 2, mostly 0, and scores that tell of them; some groups have nothing relevant. */
function drawRanking(count: number, random: Random): Sample {
  const n = count * ITEMS;
  const labels = new Float64Array(n);
  const groups = new Int32Array(n);
  const [candidate, baseline] = [new Float64Array(n), new Float64Array(n)];
  for (let row = 0; row < n; row++) {
    const u = random.uniform();
    const label = u < 0.7 ? 0 : u < 0.9 ? 1 : 2;
    const shared = 0.8 * random.normal();
    groups[row] = Math.floor(row / ITEMS);
    labels[row] = label;
    candidate[row] = 0.8 * label + shared + 0.6 * random.normal();
    baseline[row] = 0.7 * label + shared + 0.6 * random.normal();
  }
  return {
    labels,
    groups,
    candidate: { kind: 'regression', values: candidate },
    baseline: { kind: 'regression', values: baseline },
  };
}

/** Spread of the costs and of the weights, which are log-normal. */
const UNEVEN = 0.5;

function uneven(n: number, random: Random): Float64Array {
  return Float64Array.from({ length: n }, () => Math.exp(UNEVEN * random.normal()));
}

const ORDINARY: Binormal = { prevalence: 0.3, candidate: 1.2, baseline: 1, correlation: 0.8 };
const OF_UNEVEN_ROWS = [
  'accuracy',
  'balanced_accuracy',
  'precision',
  'recall',
  'f1',
  'mcc',
  'auc',
  'average_precision',
  'log_loss',
  'brier',
  'ece',
  'ks',
] as const;

export const POPULATIONS: readonly Population[] = [
  {
    name: 'binary, 30 % positive, AUC 0.80',
    task: 'binary',
    also: ['f_beta(2)'],
    draw: (n, random) => ({ ...drawBinary(n, random, ORDINARY), costs: uneven(n, random) }),
  },
  {
    name: 'binary, 10 % positive, AUC 0.99',
    task: 'binary',
    also: ['f_beta(2)'],
    draw: (n, random) => ({
      ...drawBinary(n, random, { prevalence: 0.1, candidate: 3.3, baseline: 3.1, correlation: 0.8 }),
      costs: uneven(n, random),
    }),
  },
  {
    name: 'binary, an over-confident candidate (log-odds 1.6 times the true ones) beside a calibrated baseline',
    task: 'binary',
    metrics: ['log_loss', 'brier', 'ece'],
    draw: (n, random) => drawBinary(n, random, { ...ORDINARY, overconfidence: 1.6 }),
  },
  {
    name: 'binary, exact intervals (`proportions: exact`)',
    task: 'binary',
    metrics: ['accuracy', 'precision', 'recall', 'specificity', 'f1'],
    draw: (n, random) => ({ ...drawBinary(n, random, ORDINARY), proportions: 'exact' }),
  },
  {
    name: 'binary, rows with weights (log-normal, σ = 0.5)',
    task: 'binary',
    metrics: OF_UNEVEN_ROWS,
    draw: (n, random) => ({ ...drawBinary(n, random, ORDINARY), weights: uneven(n, random) }),
  },
  {
    name: 'binary, clusters of 5 rows, intra-class correlation 0.3',
    task: 'binary',
    metrics: OF_UNEVEN_ROWS,
    draw: (n, random) => ({
      ...drawBinary(n, random, { ...ORDINARY, cluster: 5 }),
      clusters: Int32Array.from({ length: n }, (_, row) => Math.floor(row / 5)),
    }),
  },
  {
    name: 'multiclass, 4 classes',
    task: 'multiclass',
    also: ['top_k_accuracy(2)', 'auc(a)', 'auc(d)'],
    draw: drawMulticlass,
  },
  {
    name: 'regression, normal errors',
    task: 'regression',
    also: ['pinball(0.9)'],
    draw: (n, random) => drawRegression(n, random, false),
  },
  {
    name: 'regression, skewed errors (log-normal, σ = 0.6)',
    task: 'regression',
    also: ['pinball(0.9)'],
    draw: (n, random) => drawRegression(n, random, true),
  },
  {
    name: 'ranking, groups of 6 items',
    task: 'ranking',
    unit: 'groups',
    largest: 1_000,
    metrics: ['ndcg', 'ndcg(3)', 'map', 'map(3)', 'mrr', 'hit_rate(1)', 'precision_at(3)'],
    draw: drawRanking,
  },
];
