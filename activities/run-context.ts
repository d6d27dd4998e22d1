/** What every stage after `pin` starts from: one artifact per run, read once per process. */
import type { ArtifactStore } from '../adapters/artifact-store/artifact-store.js';
import type { ClassNames } from '../adapters/onnx/predictions.js';
import type { ModelSignature } from '../adapters/onnx/signature.js';
import type { LabelCoding, LabelSource } from '../adapters/measures/labels.js';
import type { ArtifactRef } from '../domain/artifact.js';
import type { Manifest, PinnedModel } from '../domain/manifest.js';
import type { Pipeline } from '../domain/pipeline.js';

/** A model with its bytes in the artifact store, or predictions that are a column of the data. */
export type ModelBinding =
  | {
      readonly kind: 'registry';
      readonly title: string;
      readonly pinned: Extract<PinnedModel, { kind: 'registry' }>;
      readonly file: ArtifactRef;
      readonly signature: ModelSignature;
      readonly names: ClassNames;
    }
  | { readonly kind: 'column'; readonly pinned: Extract<PinnedModel, { kind: 'column' }>; readonly type: string };

export type RegisteredModel = Extract<ModelBinding, { kind: 'registry' }>;

/** The `resolution` artifact of an evaluation. */
export interface Resolution {
  readonly run: string;
  readonly pipeline: Pipeline;
  readonly pipelineDigest: string;
  /** Folder of the pipeline file. */
  readonly folder: string;
  readonly registry: string;
  readonly sourceDigest: string;
  readonly window: Manifest['data']['window'];
  readonly candidate: ModelBinding;
  readonly baseline: ModelBinding | null;
  readonly serving: string | null;
  readonly act: boolean;
}

export interface RunContext extends Resolution {
  readonly manifest: Manifest;
  readonly snapshot: ArtifactRef;
  readonly coding: LabelCoding;
}

export function labelOf({ pipeline, coding }: RunContext): LabelSource {
  return { column: pipeline.data.label, coding };
}

/** Contexts are immutable and addressed by content, so one read per process is enough; runs of one worker are few. */
const MAX_REMEMBERED = 32;
const remembered = new Map<string, RunContext>();

export async function loadContext(store: ArtifactStore, ref: ArtifactRef): Promise<RunContext> {
  const known = remembered.get(ref.sha256);
  if (known !== undefined) return known;
  const context = await store.readJson<RunContext>(ref);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(ref.sha256, context);
  return context;
}
