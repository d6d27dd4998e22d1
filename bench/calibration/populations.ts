/** Endless data whose truth is known: what the intervals are to cover. */
import type { Labels, Predictions } from '../../domain/metrics/predictions.js';
import type { Task } from '../../domain/pipeline.js';
import type { Random } from './random.js';

export interface Sample {
  readonly labels: Labels;
  readonly candidate: Predictions;
  readonly baseline: Predictions;
}

export interface Population {
  readonly name: string;
  readonly task: Exclude<Task, 'ranking'>;
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
}

/** Scores are normal in each class, and the probabilities that the models give are the true ones. */
export function drawBinary(n: number, random: Random, population: Binormal): Sample {
  const { prevalence, correlation } = population;
  const rest = Math.sqrt(1 - correlation * correlation);
  const prior = Math.log(prevalence / (1 - prevalence));
  const labels = new Uint8Array(n);
  const scores = [new Float64Array(n), new Float64Array(n)] as const;
  const positive = [new Uint8Array(n), new Uint8Array(n)] as const;
  const distances = [population.candidate, population.baseline] as const;
  for (let row = 0; row < n; row++) {
    const label = random.uniform() < prevalence ? 1 : 0;
    labels[row] = label;
    const first = random.normal();
    const second = correlation * first + rest * random.normal();
    for (const model of [0, 1] as const) {
      const distance = distances[model];
      const x = distance * label + (model === 0 ? first : second);
      const score = 1 / (1 + Math.exp(-(prior + distance * x - (distance * distance) / 2)));
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
  return { labels, candidate: candidate!, baseline: baseline! };
}

/** Sigma of the log-normal errors: a skewness of 2.3, and a square's of about 15. */
const SKEW = 0.6;

/** Labels with errors around them that two models share in part; `skewed`: now and then a large one (log-normal). */
function drawRegression(n: number, random: Random, skewed: boolean): Sample {
  const labels = new Float64Array(n);
  const [candidate, baseline] = [new Float64Array(n), new Float64Array(n)];
  for (let row = 0; row < n; row++) {
    const label = 10 + 3 * random.normal();
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

export const POPULATIONS: readonly Population[] = [
  {
    name: 'binary, 30 % positive, AUC 0.80',
    task: 'binary',
    draw: (n, random) => drawBinary(n, random, { prevalence: 0.3, candidate: 1.2, baseline: 1, correlation: 0.8 }),
  },
  {
    name: 'binary, 10 % positive, AUC 0.99',
    task: 'binary',
    draw: (n, random) => drawBinary(n, random, { prevalence: 0.1, candidate: 3.3, baseline: 3.1, correlation: 0.8 }),
  },
  {
    name: 'multiclass, 4 classes',
    task: 'multiclass',
    draw: drawMulticlass,
  },
  {
    name: 'regression, normal errors',
    task: 'regression',
    draw: (n, random) => drawRegression(n, random, false),
  },
  {
    name: 'regression, skewed errors (log-normal, σ = 0.6)',
    task: 'regression',
    draw: (n, random) => drawRegression(n, random, true),
  },
];
