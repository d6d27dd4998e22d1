/** Where everything that a run makes is kept, addressed by its content: the same bytes are stored once and never change. */
import type { ArtifactRef } from '../../domain/artifact.js';
import { SegmentryError } from '../../domain/errors.js';

/**
 * A store that any number of processes use at once. Only {@link localPath} and {@link temporaryPath} speak of local files
 * (DuckDB and ONNX Runtime want them): a remote store downloads to, and uploads from, a cache of its own.
 */
export interface ArtifactStore {
  /** Where it is, for messages. */
  readonly uri: string;

  /** Fails, saying why, when nothing can be stored here: to know before hours of work, not after. */
  checkWritable(): Promise<void>;

  putFile(path: string, options?: PutFileOptions): Promise<ArtifactRef>;
  /** Small ones, which go to the disk `later` ({@link PutFileOptions.flush}): they were computed, and can be again. */
  putBytes(bytes: Uint8Array): Promise<ArtifactRef>;
  /** Stores canonical JSON: equal values have equal addresses. */
  putJson(value: unknown): Promise<ArtifactRef>;

  /**
   * A file with the artifact's bytes, to be read only. They are proven to be the right ones, once in the life of a process as long as the
   * file does not change.
   * @throws ArtifactMissing, ArtifactCorrupt: make it again.
   */
  localPath(ref: ArtifactRef): Promise<string>;
  readBytes(ref: ArtifactRef): Promise<Uint8Array>;
  /** The caller names the type of what it stored; the digest proves that these are the bytes it stored. */
  readJson<T>(ref: ArtifactRef): Promise<T>;
  /** Waits until the artifacts survive a power cut ({@link PutFileOptions.flush}). */
  flush(refs: readonly ArtifactRef[]): Promise<void>;

  /** SHA-256 and size of a file outside of the store, remembered until it changes: storing it then need not read it once more. */
  digestFile(path: string): Promise<ArtifactRef>;

  /** A path that nothing is at yet, for a writer whose file is then stored with `putFile(path, { move: true })`. */
  temporaryPath(suffix?: string): string;

  /**
   * Keeps a small JSON value under a key (a SHA-256 of what it was made from), so that the same work is not done again.
   * The last one wins: values of one key must be interchangeable.
   */
  remember(kind: string, key: string, value: unknown): Promise<void>;
  /** What was remembered, or null. A damaged entry is no entry: the work is done again. */
  recall(kind: string, key: string): Promise<unknown>;

  /** Writes a file of a run ("result.json"), replacing what was there. Returns where a person finds it. */
  writeRunFile(run: string, name: string, content: Uint8Array | { readonly path: string }): Promise<string>;
  /** The bytes of a run's file, or null when there is none. */
  readRunFile(run: string, name: string): Promise<Uint8Array | null>;
  hasRunFile(run: string, name: string): Promise<boolean>;
  /** The runs that have files here, the latest first. */
  runs(): Promise<RunEntry[]>;
}

export interface PutFileOptions {
  /** The file is the store's from now on, which saves the copy. @default false */
  readonly move?: boolean;
  /** Of the file, from whoever hashed it while writing it: saves reading it. Only with `move`. */
  readonly digest?: ArtifactRef;
  /**
   * When the bytes go to the disk: before `putFile` returns; begun then and waited for by `flush`, so that computing goes on meanwhile; or
   * whenever the system likes. A power cut may leave other bytes of what was not flushed. Readers find that by the digest, and it is
   * made again: wrong for what cannot be. @default 'now'
   */
  readonly flush?: 'now' | 'later' | 'never';
}

export interface RunEntry {
  readonly run: string;
  readonly files: readonly string[];
  /** When the newest of the files was written. */
  readonly time: Date;
}

/**
 * The bytes under this digest are others. The store has set them aside (`damaged/` in a folder), so that nobody reads them
 * again: making the artifact again heals it.
 */
export class ArtifactCorrupt extends SegmentryError {
  override readonly name = 'ArtifactCorrupt';

  constructor(
    readonly sha256: string,
    what: string,
  ) {
    super(`The artifact ${sha256} is damaged: ${what}. It must be made again.`, 'infrastructure');
  }
}

/** Nothing is stored under this digest (any more). */
export class ArtifactMissing extends SegmentryError {
  override readonly name = 'ArtifactMissing';

  constructor(
    readonly sha256: string,
    where: string,
  ) {
    super(
      `The artifact ${sha256} is not in ${where}: it was deleted, or the run used another store. It must be made again.`,
      'infrastructure',
    );
  }
}
