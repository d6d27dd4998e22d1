/**
 * The pipeline, complete: what the YAML file says, with every default filled in. It is parsed once, at the edge
 * (`adapters/pipeline-file`), so nothing inside ever fills in a default or meets an unknown name.
 *
 * A key marked "absent" is one that is not there where the file does not use it. It came later than the others: were it null
 * instead, every pipeline would have another digest, and what older runs left could not be read.
 */

/** `ranking`: rows are the items of a group (a query, a user), the label is the relevance, the prediction the score to rank by. */
export const TASKS = ['binary', 'multiclass', 'regression', 'ranking'] as const;
export type Task = (typeof TASKS)[number];

/** `overall` is a segmentation of its own with one segment of the same name. */
export const OVERALL = 'overall';

/** The name of the segment that holds the rows whose segment column is NULL. */
export const MISSING = '(missing)';

export interface Pipeline {
  /** The pipeline's name: lower-case letters, digits, `-` and `_`. It begins every run's id. */
  readonly name: string;
  readonly data: DataSource;
  readonly model: ModelUnderTest;
  readonly validate: readonly ValidationRule[];
  readonly segments: { readonly minRows: number; readonly by: readonly Segmentation[] };
  readonly metrics: readonly MetricName[];
  readonly checks: readonly Check[];
  /** What the metric `cost` adds up; absent: nothing asks for it. */
  readonly cost?: Cost;
  /** Intervals of proportions. `exact`: Clopper-Pearson; absent: score intervals. */
  readonly proportions?: 'exact';
  /** Of the intervals, two-sided: 0.95 leaves 2.5 % beyond either end. */
  readonly confidence: number;
  readonly evidence: Evidence;
  /** For looking at many segments at once. */
  readonly correction: Correction;
  readonly onInconclusive: OnInconclusive;
  readonly onFail: readonly ActionName[];
  readonly onPass: readonly ActionName[];
  /** Of everything random: the k-means start, samples, the bootstrap. */
  readonly seed: number;
}

export interface DataSource {
  /** A path, a glob or a URI, as written. Relative paths count from the pipeline file's folder. */
  readonly source: string;
  /** Column with a unique key per row; without it the row's place in the snapshot is its key. */
  readonly id: string | null;
  readonly label: string;
  readonly time: string | null;
  /** Length of the data window that ends at `--as-of`, as a DuckDB interval ("1 day"); null: everything before it, or all rows. */
  readonly window: string | null;
  /** Row filter, a DuckDB SQL condition. */
  readonly where: string | null;
  readonly reference: { readonly where: string } | null;
  /** Column with how often each row counts, >= 0; absent: once. */
  readonly weight?: string;
  /** Column whose value says which rows are of one user or patient; absent: every row varies on its own. */
  readonly clusterBy?: string;
  /** Column with the query or user that a row is an item of; there if and only if the task is ranking. */
  readonly group?: string;
}

/** A number from 0, or a DuckDB SQL expression of a row's columns. */
export type CostAmount = number | string;

/**
 * What a wrong prediction costs: of any row (`row`, an SQL expression), or, for binary tasks, of each kind of mistake.
 */
export type Cost =
  | { readonly kind: 'row'; readonly amount: string }
  | { readonly kind: 'mistakes'; readonly falsePositive: CostAmount; readonly falseNegative: CostAmount };

export interface ModelUnderTest {
  readonly task: Task;
  /** A folder (relative to the pipeline file) or a URI. */
  readonly registry: string;
  readonly name: string;
  readonly candidate: ModelSource;
  readonly baseline: ModelSource | null;
  /** Binary: a row is predicted positive when its score is at least this. */
  readonly threshold: number;
  /** Binary: the label's value that counts as positive; null: labels are 0/1 or booleans. */
  readonly positive: string | number | boolean | null;
  /** Columns that feed a model with one [N, F] input, in order; null: the registry's metadata or the ONNX input names say. */
  readonly features: readonly string[] | null;
  /** What NULL or NaN in a feature means: the data are refused, or the model gets NaN (text: the empty string). */
  readonly missing: 'refuse' | 'nan';
}

/** Where predictions come from: a version of the registry ("3", or the alias "@serving"), or a column of the data. */
export type ModelSource =
  { readonly kind: 'registry'; readonly ref: string } | { readonly kind: 'column'; readonly column: string };

export type Severity = 'block' | 'warn' | 'shadow';

export type ValidationRule =
  | {
      readonly kind: 'column';
      readonly name: string;
      readonly column: string;
      readonly notNull: boolean;
      readonly unique: boolean;
      readonly between: readonly [number, number] | null;
      readonly oneOf: readonly (string | number | boolean)[] | null;
      readonly severity: 'block' | 'warn';
    }
  | {
      /** A query over the view `data` that returns the bad rows. */
      readonly kind: 'sql';
      readonly name: string;
      readonly sql: string;
      readonly severity: 'block' | 'warn';
    };

export type Segmentation =
  | { readonly kind: 'columns'; readonly name: string; readonly columns: readonly string[] }
  | { readonly kind: 'where'; readonly name: string; readonly where: string }
  | {
      readonly kind: 'clusters';
      readonly name: string;
      readonly features: readonly string[];
      /** Number of clusters, or the best of {@link AUTO_K} by silhouette on the sample. */
      readonly k: number | 'auto';
    };

/** The numbers of clusters that `k: auto` tries, both ends included. */
export const AUTO_K: { readonly from: number; readonly to: number } = { from: 2, to: 8 };

/** Metrics whose name says everything. */
export type PlainMetricName =
  | 'accuracy'
  | 'balanced_accuracy'
  | 'precision'
  | 'recall'
  | 'specificity'
  | 'fpr'
  | 'fnr'
  | 'f1'
  | 'mcc'
  | 'selection_rate'
  | 'prevalence'
  | 'auc'
  | 'average_precision'
  | 'log_loss'
  | 'brier'
  | 'ece'
  | 'ks'
  | 'cost'
  | 'macro_f1'
  | 'macro_precision'
  | 'macro_recall'
  | 'weighted_f1'
  | 'weighted_precision'
  | 'weighted_recall'
  | 'micro_f1'
  | 'micro_precision'
  | 'micro_recall'
  | 'mae'
  | 'rmse'
  | 'median_ae'
  | 'mape'
  | 'r2'
  | 'bias'
  | 'ndcg'
  | 'map'
  | 'mrr';

/** Metrics that take an argument: `f_beta(2)`, `ndcg(10)`, `auc(versicolor)`. `metrics/metric-name.ts` reads them. */
export type MetricFamily =
  'f_beta' | 'top_k_accuracy' | 'auc' | 'pinball' | 'ndcg' | 'map' | 'hit_rate' | 'precision_at';

export type MetricName = PlainMetricName | `${MetricFamily}(${string})`;

/** How sure a check must be. See docs/statistics.md. */
export type Evidence = 'default' | 'strict' | 'point';

/**
 * What p-values of blocking checks are adjusted for: `holm` any false block, `bh` and `by` the share of false blocks among the
 * blocks (Benjamini-Hochberg; -Yekutieli under any dependence), `none` nothing.
 */
export type Correction = 'holm' | 'bh' | 'by' | 'none';

export type InconclusivePolicy = 'pass' | 'inconclusive' | 'fail';

export interface OnInconclusive {
  readonly overall: InconclusivePolicy;
  readonly segments: InconclusivePolicy;
}

/**
 * A bound, in the metric's own unit. `min`/`max` bound the candidate's value; the others bound the change from baseline
 * to candidate: `maxDrop` and `maxIncrease` absolutely, the `Relative` ones as a share of |baseline|. Against the rest or
 * another segment, `maxDrop` and `maxIncrease` bound how far a segment is below or above it, the ratios what share of it.
 */
export type Bound =
  | { readonly kind: 'min' | 'max'; readonly value: number }
  | { readonly kind: 'minRatio' | 'maxRatio'; readonly value: number }
  | { readonly kind: 'maxDrop' | 'maxIncrease' | 'maxRelativeDrop' | 'maxRelativeIncrease'; readonly value: number };

/**
 * What a check compares the candidate with: the baseline on the same rows, the candidate itself on the rest of the rows (`rest`:
 * all that are not in the segment) or on another segment of the segmentation; null: nothing.
 */
export type Versus = 'baseline' | 'rest' | 'segment' | null;

export interface Check {
  /** Stable within the pipeline, for reports: "auc maxDrop 0.02". */
  readonly name: string;
  readonly metric: MetricName;
  readonly versus: Versus;
  /** The segment that others are compared with, where `versus` is `segment`. */
  readonly reference: string | null;
  readonly bound: Bound;
  /** Values of the bound for segments that have their own, by the segment's name. */
  readonly perSegment: Readonly<Record<string, number>>;
  /** Names of segments without which nothing is approved: where one cannot be judged, the run is not a PASS. */
  readonly required: readonly string[];
  /** A breach by less than this is no failure, however sure it is; in the unit of the bound. */
  readonly minEffect: number;
  /** Names of the segmentations it looks at; null: all of them, `overall` included. */
  readonly segments: readonly string[] | null;
  readonly severity: Severity;
  readonly evidence: Evidence;
  readonly onInconclusive: OnInconclusive;
}

export type ActionName = 'rollback' | 'promote' | 'notify';
