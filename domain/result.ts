/**
 * `result.json`, format `segmentry/result/v1`: what a run found, decided and did. Other people's scripts read it, so a
 * field is added, never renamed. Its JSON Schema is `schemas/result.schema.json`.
 */
import type { ActionName, Bound, MetricFamily, MetricName, PlainMetricName, Severity, Versus } from './pipeline.js';
import type { Manifest } from './manifest.js';

export const RESULT_FORMAT = 'segmentry/result/v1';
/** What it is called among the files of a run. */
export const RESULT_FILE = 'result.json';

export type Verdict = 'PASS' | 'FAIL' | 'INCONCLUSIVE' | 'ERROR';
export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'undefined';

/** A number with its uncertainty, or the reason why there is none. Never NaN, never a 0 that stands for "unknown". */
export type Estimate = DefinedEstimate | UndefinedEstimate;

export interface DefinedEstimate {
  readonly value: number;
  /** Ends of the interval at the pipeline's confidence; low <= value <= high. */
  readonly low: number;
  readonly high: number;
  /** Rows that entered (for a ratio such as precision: its denominator). */
  readonly n: number;
  /** How the interval was computed: "wilson", "tango", "hall", "delong", "delta", ... */
  readonly method: string;
  /** What an interval or a p-value at any other level is computed from, so that deciding needs no rows. */
  readonly basis: IntervalBasis;
}

export interface UndefinedEstimate {
  /** Why, in words a reader understands: "no positive labels". */
  readonly undefined: string;
}

/** The sufficient statistics of an interval. `domain/statistics/interval.ts` turns one into interval ends and p-values. */
export type IntervalBasis =
  /**
   * A proportion J of `successes` in `n`: Wilson, or Jeffreys where n is small. On the scale `dice` the value is
   * 2J/(1 + J), as F1 is of tp/(tp + fp + fn); on `signed` it is 2J - 1. With weights or clusters both numbers are effective
   * ones, and not whole. `method: exact`: Clopper-Pearson.
   */
  | {
      readonly kind: 'proportion';
      readonly successes: number;
      readonly n: number;
      readonly scale?: 'dice' | 'signed';
      readonly method?: 'exact';
    }
  /** Approximately normal with this standard error, kept within the metric's range [min, max] where it has one. */
  | { readonly kind: 'normal'; readonly se: number; readonly min?: number; readonly max?: number }
  /** Normal (with `df`: t) on the logit scale (AUC near 1): `se` is that of the logit. */
  | { readonly kind: 'logit'; readonly se: number; readonly df?: number }
  | { readonly kind: 't'; readonly se: number; readonly df: number; readonly min?: number; readonly max?: number }
  /**
   * A t statistic made symmetric (Hall 1992). `skew`: a third of the skewness of the estimate. On the scale `root` the value
   * is the root of what the statistic is about (a mean square), whose standard error `se` is.
   */
  | {
      readonly kind: 'skewed';
      readonly se: number;
      readonly df: number;
      readonly skew: number;
      readonly scale?: 'root';
      readonly min?: number;
      readonly max?: number;
    }
  /**
   * A sum of absolute gaps, which noise can only raise: by `bias` on average, with standard deviation `noise`; towards larger
   * values its standard error is `se`.
   */
  | {
      readonly kind: 'folded';
      readonly se: number;
      readonly bias: number;
      readonly noise: number;
      readonly min: number;
      readonly max: number;
    }
  /**
   * Two proportions on identical rows (a: the event for both, b: only for the candidate, c: only for the baseline, d: for
   * neither); the value is (b - c)/n: Tango's score interval.
   */
  | { readonly kind: 'paired'; readonly a: number; readonly b: number; readonly c: number; readonly d: number }
  /**
   * The difference of two such sums of absolute gaps: the noise of either may be all of its `bias` or nothing. `correlation`: of
   * the two models' noise. First is the candidate.
   */
  | {
      readonly kind: 'foldedDifference';
      readonly first: FoldedNoise;
      readonly second: FoldedNoise;
      readonly correlation: number;
      readonly min: number;
      readonly max: number;
    }
  /**
   * A share less an independent one (or a difference of paired shares less another). `optimism`: by how much the value is too high
   * because it is the largest of several.
   */
  | {
      readonly kind: 'contrast';
      readonly first: ShareBasis;
      readonly second: ShareBasis;
      readonly optimism: number;
      readonly min: number;
      readonly max: number;
    }
  /** An AUC from its value and the class sizes alone (Newcombe 2006), where DeLong's variance is degenerate. */
  | { readonly kind: 'mannWhitney'; readonly positives: number; readonly negatives: number }
  /** A mean within [min, max] of `n` rows that are all alike: how many others the sample can have missed. */
  | { readonly kind: 'constant'; readonly n: number; readonly min: number; readonly max: number }
  /** Both models score every row the same, so they are one model here: the interval is the value itself. */
  | { readonly kind: 'exact' };

export interface FoldedNoise {
  /** By how much noise raises the sum on average, where there are no gaps. */
  readonly bias: number;
  /** Standard deviation of the sum. */
  readonly noise: number;
}

/** Shares of counted rows; the kinds are those of {@link IntervalBasis}. */
export type ShareBasis =
  | { readonly kind: 'proportion'; readonly successes: number; readonly n: number }
  | { readonly kind: 'paired'; readonly a: number; readonly b: number; readonly c: number; readonly d: number };

/** One metric on one segment: both models on identical rows, and candidate minus baseline, paired. */
export interface MetricEstimates {
  readonly candidate: Estimate;
  readonly baseline?: Estimate;
  readonly difference?: Estimate;
  /** The candidate on all rows that are not in the segment; only where a check asks for it. */
  readonly rest?: Estimate;
  /** Only of `cost`: what the means amount to on all labelled rows of the segment. */
  readonly total?: Totals;
}

/** Mean times rows (weighted: times the sum of their weights); without those that are undefined. */
export interface Totals {
  readonly candidate?: number;
  readonly baseline?: number;
  readonly difference?: number;
}

/** By the metric's id. */
export type MeasuredMetrics = Readonly<Partial<Record<PlainMetricName, MetricEstimates>>> &
  Readonly<Record<`${MetricFamily}(${string})`, MetricEstimates>>;

/** Rows of a segment without a prediction, by model. What would need them is undefined. */
export interface UnpredictedRows {
  readonly candidate: number;
  readonly baseline: number;
  /** One sentence. */
  readonly reason: string;
}

export interface SegmentResult {
  readonly segmentation: string;
  readonly segment: string;
  /** A condition that a person can read; for `columns` and `where` also valid DuckDB SQL. */
  readonly rule: string;
  readonly rows: number;
  /** Of all rows, 0..1. */
  readonly share: number;
  /** Rows that no metric could use because their label is NULL. */
  readonly unlabelled: number;
  /** Rows, labelled or not, that a model broke on. Absent: none; then every row has its predictions. */
  readonly unpredicted?: UnpredictedRows;
  /** Only of a ranking: groups with a labelled row in the segment. */
  readonly groups?: number;
  readonly metrics: MeasuredMetrics;
}

export interface CheckResult {
  /** Name of the check in the pipeline. */
  readonly check: string;
  readonly metric: MetricName;
  readonly versus: Versus;
  /** The segment that it was compared with, where `versus` is `segment`. */
  readonly reference?: string;
  readonly bound: Bound;
  readonly segmentation: string;
  readonly segment: string;
  readonly outcome: Outcome;
  readonly severity: Severity;
  /** What was compared with the bound: the candidate's value, or the (relative) change; null where undefined. */
  readonly observed: { readonly value: number; readonly low: number; readonly high: number } | null;
  /** Distance to the bound, positive on the right side; null where undefined. */
  readonly margin: number | null;
  /** One-sided, of "the bound is kept"; null where there is none. */
  readonly p: number | null;
  /** After the correction (Holm, unless the pipeline says otherwise) over the checks that block. */
  readonly pAdjusted: number | null;
  /** Smallest excess over the bound that this segment would have shown with 80 % power; null where undefined. */
  readonly detectable: number | null;
  /** Of an inconclusive check: labelled rows at which an observation like this one would be settled with 80 % power. */
  readonly rowsNeeded?: number | null;
  /** One sentence. */
  readonly reason: string;
}

/** What the decide stage returns: a pure function of measures and checks. */
export interface Decision {
  readonly verdict: Exclude<Verdict, 'ERROR'>;
  /** Worst first; the first one is the headline. */
  readonly reasons: readonly string[];
  readonly checks: readonly CheckResult[];
}

export interface ActionResult {
  readonly action: ActionName;
  readonly outcome: 'done' | 'conflict' | 'skipped' | 'failed';
  readonly from: string | null;
  readonly to: string | null;
  /** Same key, same effect: the second time does nothing. */
  readonly key: string;
  readonly reason: string;
}

/** One validation rule's finding. */
export interface RuleResult {
  readonly rule: string;
  readonly outcome: 'pass' | 'fail' | 'warn';
  readonly badRows: number;
  readonly message: string;
  /** The first bad rows, as an artifact (Parquet). */
  readonly artifact: string | null;
}

export interface DiscoveredSegment {
  readonly rule: string;
  readonly predicates: readonly { readonly column: string; readonly op: string; readonly value: string | number }[];
  readonly rows: number;
  readonly errors: number;
  readonly score: number;
  readonly holdout: MetricEstimates;
}

/**
 * Seconds by stage; where anything was inferred `rows per second` (of each model, together) and `batch P50`, `batch P90` and `batch P95`, the seconds that
 * so many of 100 batches took at most in the model (within 5 %); `segments per second` of measuring. Never part of the digest.
 */
export type Timings = Readonly<Record<string, number>>;

export interface Result {
  readonly format: typeof RESULT_FORMAT;
  readonly run: string;
  readonly pipeline: string;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly manifest: Manifest;
  /** SHA-256 of everything that the manifest determines: all but `digest`, `run`, `actions`, `timings` and `validation[].artifact`. */
  readonly digest: string;
  readonly validation: readonly RuleResult[];
  readonly segments: readonly SegmentResult[];
  readonly checks: readonly CheckResult[];
  readonly discovered: readonly DiscoveredSegment[];
  readonly actions: readonly ActionResult[];
  readonly timings: Timings;
}
