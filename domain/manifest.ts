/** Everything that a run depends on. A result is a function of its manifest alone: same manifest, same bits. */
import type { DataSource, Pipeline, Task } from './pipeline.js';

export const MANIFEST_FORMAT = 'segmentry/manifest/v1';

export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  readonly pipeline: { readonly name: string; readonly digest: string };
  readonly task: Task;
  readonly data: {
    /** As written in the pipeline. */
    readonly source: string;
    /** SHA-256 over the source files' bytes, in path order. */
    readonly sourceDigest: string;
    /** SHA-256 of the snapshot (Parquet), which is also its address in the artifact store. */
    readonly snapshot: string;
    readonly rows: number;
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    /** The data window [from, until) in UTC, where the run has one. */
    readonly window: { readonly from: string | null; readonly until: string } | null;
  };
  readonly models: { readonly candidate: PinnedModel; readonly baseline: PinnedModel | null };
  /** What `@serving` pointed at when the run was pinned; acting is conditional on it. */
  readonly serving: string | null;
  /** False with `--no-act`: decide, but do nothing. */
  readonly act: boolean;
  readonly seed: number;
  /** How values and intervals were estimated; absent in what versions before it left. */
  readonly estimation?: Estimation;
  readonly versions: { readonly segmentry: string; readonly duckdb: string; readonly onnxruntime: string };
}

/** As the pipeline asks for it; what is absent is not used. */
export interface Estimation extends Pick<DataSource, 'weight' | 'clusterBy' | 'group'>, Pick<Pipeline, 'proportions'> {
  /** Of the two-sided intervals, 0..1. */
  readonly confidence: number;
}

export function estimationOf({ confidence, data, proportions }: Pipeline): Estimation {
  const { weight, clusterBy, group } = data;
  return {
    confidence,
    ...(weight === undefined ? {} : { weight }),
    ...(clusterBy === undefined ? {} : { clusterBy }),
    ...(group === undefined ? {} : { group }),
    ...(proportions === undefined ? {} : { proportions }),
  };
}

export type PinnedModel =
  | {
      readonly kind: 'registry';
      readonly name: string;
      readonly version: string;
      /** As the pipeline or the command asked for it: "@serving", "3". */
      readonly ref: string;
      /** SHA-256 of the ONNX file, which is also its address in the artifact store. */
      readonly sha256: string;
    }
  | { readonly kind: 'column'; readonly column: string };
