/** An artifact store in a folder, which may be shared between machines (NFS) as any number of processes use it at once. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactRef } from '../../domain/artifact.js';
import { canonicalJson } from '../../domain/canonical-json.js';
import { ArtifactCorrupt, type ArtifactStore, type PutFileOptions, type RunEntry } from './artifact-store.js';
import { writeNew } from './durable-files.js';
import { FolderBlobs } from './folder-blobs.js';
import { FolderIndex } from './folder-index.js';
import { FolderRuns } from './folder-runs.js';
import { explained, explainIo } from './io-errors.js';
import { makeFolder, makeFolderSync } from './make-folder.js';
import { checkSuffix } from './names.js';

/**
 * ```
 * blobs/ab/abcd...          artifacts, named by the SHA-256 of their bytes
 * index/<kind>/<key>.json   what was remembered
 * runs/<run>/result.json    files of runs, for people and scripts
 * tmp/                      files on their way; abandoned ones are deleted after a day
 * damaged/                  artifacts whose bytes were found to be others, for whoever wants to know why
 * ```
 */
export class FolderArtifactStore implements ArtifactStore {
  private readonly blobs: FolderBlobs;
  private readonly index: FolderIndex;
  private readonly runFiles: FolderRuns;

  /** The folder is made when something is first written. */
  constructor(private readonly folder: string) {
    this.blobs = new FolderBlobs(folder);
    this.index = new FolderIndex(join(folder, 'index'));
    this.runFiles = new FolderRuns(join(folder, 'runs'));
  }

  get uri(): string {
    return this.folder;
  }

  async checkWritable(): Promise<void> {
    await explained('write to the artifact folder', this.folder, async () => {
      await makeFolder(this.blobs.temporaryFolder);
      const probe = this.temporaryPath('.probe');
      await writeNew(probe, 'Segmentry can write here.\n').finally(() => rm(probe, { force: true }));
    });
  }

  async putFile(path: string, options: PutFileOptions = {}): Promise<ArtifactRef> {
    return this.blobs.putFile(path, options);
  }

  async putBytes(bytes: Uint8Array): Promise<ArtifactRef> {
    return this.blobs.putBytes(bytes);
  }

  async putJson(value: unknown): Promise<ArtifactRef> {
    return this.blobs.putBytes(Buffer.from(canonicalJson(value), 'utf8'));
  }

  async localPath(ref: ArtifactRef): Promise<string> {
    return this.blobs.localPath(ref);
  }

  async readBytes(ref: ArtifactRef): Promise<Uint8Array> {
    return this.blobs.readBytes(ref);
  }

  async readJson<T>(ref: ArtifactRef): Promise<T> {
    const bytes = await this.blobs.readBytes(ref);
    try {
      return JSON.parse(Buffer.from(bytes).toString('utf8')) as T;
    } catch {
      // The bytes are what the digest says: whoever stored them did not store JSON.
      throw new ArtifactCorrupt(ref.sha256, 'it is not JSON');
    }
  }

  async flush(refs: readonly ArtifactRef[]): Promise<void> {
    return this.blobs.flush(refs);
  }

  async digestFile(path: string): Promise<ArtifactRef> {
    return this.blobs.digests.of(path);
  }

  temporaryPath(suffix = ''): string {
    const folder = this.blobs.temporaryFolder;
    try {
      makeFolderSync(folder);
    } catch (error) {
      throw explainIo(error, 'write to the artifact folder', this.folder);
    }
    return join(folder, `${process.pid}-${randomUUID()}${checkSuffix(suffix)}`);
  }

  async remember(kind: string, key: string, value: unknown): Promise<void> {
    return this.index.remember(kind, key, value);
  }

  async recall(kind: string, key: string): Promise<unknown> {
    return this.index.recall(kind, key);
  }

  async writeRunFile(run: string, name: string, content: Uint8Array | { readonly path: string }): Promise<string> {
    return this.runFiles.write(run, name, content);
  }

  async readRunFile(run: string, name: string): Promise<Uint8Array | null> {
    return this.runFiles.read(run, name);
  }

  async hasRunFile(run: string, name: string): Promise<boolean> {
    return this.runFiles.has(run, name);
  }

  async runs(): Promise<RunEntry[]> {
    return this.runFiles.list();
  }
}
