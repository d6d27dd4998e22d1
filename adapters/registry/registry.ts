/** Where models and their versions live, which version serves, and the one way to change that. */
import type { Task } from '../../domain/pipeline.js';
import type { AliasEffect, ModelHistory, RegistryEvent } from '../../domain/registry.js';
import type { Decision } from '../../domain/result.js';

/** Every method throws a SegmentryError that says what exists, or what to do. */
export interface ModelRegistry {
  /** Where it is, for messages. */
  readonly uri: string;

  /** Names of the models, sorted. */
  models(): Promise<string[]>;

  /** Versions, aliases and what happened to them. */
  describe(model: string): Promise<ModelState>;

  /** The version that `ref` names now: "@serving", "@previous", any other alias, or a version such as "3". */
  resolve(model: string, ref: string): Promise<ModelVersion>;

  /** A local file with the version's ONNX model, its bytes those that were registered. */
  modelFile(version: ModelVersion): Promise<string>;

  /**
   * Adds a version; without `version` it gets the next number. A version never changes: adding the same bytes under the
   * same version again returns the one that is there, adding others is refused.
   */
  addVersion(model: string, file: string, options: AddVersion): Promise<AddedVersion>;

  /** Points an alias at a version, if it still points where the caller believes. See {@link SetAlias}. */
  setAlias(model: string, alias: string, to: string, options: SetAlias): Promise<AliasChange>;

  /** Records what a run concluded, so that the last version that passed is known. The same key counts once. */
  recordVerdict(model: string, version: string, verdict: Decision['verdict'], options: RecordVerdict): Promise<void>;
}

/** What `model.json` says. Everything is optional, and keys that Segmentry does not know are kept. */
export interface ModelMetadata {
  readonly task?: Task;
  readonly description?: string;
  /** Columns that feed a model with one [N, F] input, in order. */
  readonly features?: readonly string[];
  /** The label's value that counts as positive. */
  readonly positive?: string | number | boolean;
  /** The classes in the order of the model's probabilities, where it gives any. */
  readonly classes?: readonly (string | number | boolean)[];
  /** The output that holds the predictions, where there are several. */
  readonly output?: string;
  readonly [key: string]: unknown;
}

export interface ModelVersion {
  readonly model: string;
  readonly version: string;
  /** Of the ONNX file, as registered; null where nobody wrote it down. */
  readonly sha256: string | null;
  readonly metadata: ModelMetadata;
  /** Why this version cannot be used; null when nothing is known against it. */
  readonly problem: string | null;
}

export interface ModelState extends ModelHistory {
  readonly model: string;
  /** In order: "2" before "10". */
  readonly versions: readonly ModelVersion[];
  readonly events: readonly RegistryEvent[];
  /** What a person should know about this model's folder: an alias view that was edited by hand, for one. */
  readonly warnings: readonly string[];
}

export interface AddVersion {
  readonly version?: string;
  readonly description?: string;
  readonly metadata?: ModelMetadata;
  readonly actor: string;
}

export interface AddedVersion extends ModelVersion {
  /** False where it was added before, with the same bytes. */
  readonly isNew: boolean;
}

export interface SetAlias {
  /**
   * What the alias must name now: a version, null for "nothing yet", or undefined for a person who sets it whatever it
   * was. When it names something else, nothing is written and the outcome is `conflict`.
   */
  readonly expect: string | null | undefined;
  /** Once an event with this key is in the log, it is never written again: the outcome is `already`. */
  readonly key?: string;
  readonly actor: string;
  readonly reason: string;
  readonly run?: string;
  /** A rollback takes the version that served before it out of trust; see `previousServing` and `rollbackTarget`. */
  readonly effect?: AliasEffect;
}

export interface AliasChange {
  /**
   * - `done`: written now
   * - `already`: it was done before, under the same key; or, without a key, the alias names `to` already
   * - `conflict`: the alias does not name what was expected: somebody else changed it, and that stands
   */
  readonly outcome: 'done' | 'already' | 'conflict';
  /** What the alias named before (`conflict`: what it names now). */
  readonly from: string | null;
  /** What it names after; in a conflict, what it would have named. */
  readonly to: string;
  /** Number of the event that did it; of a conflict, and of an alias that nobody set: the last event's. */
  readonly seq: number;
  /** The change stands, and something beside it failed: `aliases.json`, for one, is not up to date. */
  readonly warning: string | null;
}

export interface RecordVerdict {
  readonly run: string;
  readonly key: string;
  readonly actor?: string;
}
