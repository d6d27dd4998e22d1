/** The content-addressed part of a folder store: `blobs/ab/abcd...`, each file named by the SHA-256 of its bytes. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ArtifactRef, artifactPath } from '../../domain/artifact.js';
import { SegmentryError } from '../../domain/errors.js';
import { SweepTimes, removeAbandoned } from './abandoned.js';
import { ArtifactCorrupt, ArtifactMissing, type PutFileOptions } from './artifact-store.js';
import { copyNew, hashFile, renameDurably, sha256Of, syncFile, syncFolder } from './durable-files.js';
import { FileDigests } from './file-digests.js';
import { errorCode, explained, ifPresent } from './io-errors.js';
import { makeFolder } from './make-folder.js';
import { checkDigest } from './names.js';
import { RecentMap } from './recent-map.js';

/**
 * Artifacts of which a process knows that they are whole: 5 MB of memory, and more than the runs that it has under way use. A worker lives for
 * months; one that it has forgotten is hashed again.
 */
const MOST_PROVEN = 10_000;

export class FolderBlobs {
  /** What a file looked like when its bytes were last proven right. Any change of it makes us hash again. */
  private readonly proven = new RecentMap<string, string>(MOST_PROVEN);
  /** Artifacts on their way to the disk. */
  private readonly flushing = new Map<string, Promise<void>>();
  private lastFlush: Promise<unknown> = Promise.resolve();
  private readonly sweeps = new SweepTimes();
  /** Of files that are not artifacts. */
  readonly digests = new FileDigests();

  constructor(readonly folder: string) {}

  get temporaryFolder(): string {
    return join(this.folder, 'tmp');
  }

  async putFile(source: string, { move = false, digest, flush = 'now' }: PutFileOptions): Promise<ArtifactRef> {
    // Looked at first, so that a source that cannot be read is not reported as a store that cannot be written.
    const kind = await explained('store', source, () => stat(source));
    if (!kind.isFile()) throw new SegmentryError(`Cannot store ${source}: it is not a regular file.`, 'infrastructure');
    const temporary = await this.newTemporary();
    const fill = async (): Promise<ArtifactRef> => {
      const found =
        move && (await moved(source, temporary)) ? await hashed(temporary, digest) : await this.copy(source, temporary);
      if (move) await rm(source, { force: true });
      if (flush === 'now') await syncFile(temporary);
      return found;
    };
    const ref = await this.adopting(temporary, fill, flush);
    if (flush === 'later') this.beginFlush(ref.sha256);
    return ref;
  }

  /** A source that was hashed and has not changed until its copy was made is the copy's digest too. */
  private async copy(source: string, temporary: string): Promise<ArtifactRef> {
    const known = await this.digests.remembered(source);
    await copyNew(source, temporary);
    return known !== null && (await this.digests.remembered(source)) === known ? known : hashFile(temporary);
  }

  /** One at a time: each blocks one of the few threads that files are read with. */
  private beginFlush(sha256: string): void {
    const flushed = this.lastFlush
      .then(() => syncArtifact(this.pathOf(sha256)))
      .then(() => void this.flushing.delete(sha256));
    // Its failure is kept for whoever waits for it.
    this.lastFlush = flushed.catch(() => undefined);
    this.flushing.set(sha256, flushed);
  }

  async flush(refs: readonly ArtifactRef[]): Promise<void> {
    for (const { sha256 } of refs) {
      const path = this.pathOf(sha256);
      const flushed = await explained('write to the artifact folder', path, () =>
        ifPresent(async () => {
          try {
            // Another process may have stored it: flushing what is on the disk already takes no time.
            await (this.flushing.get(sha256) ?? syncArtifact(path));
          } catch (error) {
            // Asked again, we try again: what failed may be none of the artifact's fault (too many files are open).
            this.flushing.delete(sha256);
            throw error;
          }
          return true;
        }),
      );
      if (flushed === null) throw new ArtifactMissing(sha256, this.folder);
    }
  }

  async putBytes(bytes: Uint8Array): Promise<ArtifactRef> {
    const ref = { sha256: sha256Of(bytes), bytes: bytes.byteLength };
    if (await this.isProven(ref)) return ref;
    const temporary = await this.newTemporary();
    await this.adopting(
      temporary,
      async () => {
        await writeFile(temporary, bytes, { flag: 'wx' });
        return ref;
      },
      'later',
    );
    this.beginFlush(ref.sha256);
    return ref;
  }

  /** The file of an artifact, its bytes proven to be the right ones. */
  async localPath(ref: ArtifactRef): Promise<string> {
    const path = this.pathOf(ref.sha256);
    if (await this.isProven(ref)) return path;
    const found = await explained('read the artifact', path, () => ifPresent(() => hashFile(path)));
    if (found === null) throw new ArtifactMissing(ref.sha256, this.folder);
    if (found.sha256 !== ref.sha256) throw await this.setAside(ref, found);
    // The right bytes under a reference with a wrong length: the reference is damaged, not the artifact.
    if (found.bytes !== ref.bytes) {
      throw new ArtifactCorrupt(ref.sha256, `its reference says ${ref.bytes} bytes, and it has ${found.bytes}`);
    }
    await this.markProven(ref.sha256);
    return path;
  }

  /** The bytes themselves, proven as they are read: nothing can change between the proof and the use. */
  async readBytes(ref: ArtifactRef): Promise<Uint8Array> {
    const path = this.pathOf(ref.sha256);
    const bytes = await explained('read the artifact', path, () => ifPresent(() => readFile(path)));
    if (bytes === null) throw new ArtifactMissing(ref.sha256, this.folder);
    const found = { sha256: sha256Of(bytes), bytes: bytes.byteLength };
    if (found.sha256 !== ref.sha256) throw await this.setAside(ref, found);
    return bytes;
  }

  private pathOf(sha256: string): string {
    return join(this.folder, artifactPath(checkDigest(sha256)));
  }

  private async newTemporary(): Promise<string> {
    await explained('write to the artifact folder', this.folder, () => makeFolder(this.temporaryFolder));
    if (this.sweeps.due()) await removeAbandoned(this.temporaryFolder, () => true);
    return join(this.temporaryFolder, `${process.pid}-${randomUUID()}`);
  }

  /** Lets `write` fill the temporary file, then gives it its final name. On failure nothing is left. */
  private async adopting(
    temporary: string,
    write: () => Promise<ArtifactRef>,
    flush: PutFileOptions['flush'],
  ): Promise<ArtifactRef> {
    try {
      return await explained('write to the artifact folder', this.folder, async () => {
        const ref = await write();
        const path = this.pathOf(ref.sha256);
        await makeFolder(dirname(path));
        // An artifact that is there already is replaced, not trusted: if it was damaged, this heals it. Readers that have it
        // open keep the old file.
        // What is flushed waits for everything that is on its way to the disk, on a journalling file system also for other files: a
        // quarter of a second after a copy of 240 MB.
        await (flush === 'now' ? renameDurably(temporary, path) : rename(temporary, path));
        await this.markProven(ref.sha256);
        return ref;
      });
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  private async isProven(ref: ArtifactRef): Promise<boolean> {
    const proven = this.proven.get(ref.sha256);
    if (proven === undefined) return false;
    const now = await this.appearance(ref.sha256);
    return now === proven && now.startsWith(`${ref.bytes}:`);
  }

  private async markProven(sha256: string): Promise<void> {
    const appearance = await this.appearance(sha256);
    if (appearance !== null) this.proven.set(sha256, appearance);
  }

  private async appearance(sha256: string): Promise<string | null> {
    const path = this.pathOf(sha256);
    const found = await explained('look at the artifact', path, () => ifPresent(() => stat(path, { bigint: true })));
    return found === null ? null : `${found.size}:${found.mtimeNs}:${found.ctimeNs}:${found.ino}`;
  }

  private async setAside(ref: ArtifactRef, found: ArtifactRef): Promise<ArtifactCorrupt> {
    this.proven.delete(ref.sha256);
    const aside = join(this.folder, 'damaged');
    try {
      await makeFolder(aside);
      await rename(this.pathOf(ref.sha256), join(aside, `${ref.sha256}.${randomUUID()}`));
    } catch {
      // It stays where it is (somebody else was first, or the folder is read-only), and is found damaged again.
    }
    const what =
      found.bytes === ref.bytes
        ? `its bytes hash to ${found.sha256}`
        : `it has ${found.bytes} bytes instead of ${ref.bytes}`;
    return new ArtifactCorrupt(ref.sha256, what);
  }
}

/**
 * The file, and then the name under which it is found after a power cut. An artifact that the system could not write is deleted, so that
 * it is made again: the system forgets what it could not write, and asked again it would say that all is well. Nothing else deletes it:
 * other runs share it, and their evidence cannot be made again.
 */
async function syncArtifact(path: string): Promise<void> {
  await syncFile(path, () => rm(path, { force: true }));
  await syncFolder(dirname(path));
}

async function hashed(path: string, digest: ArtifactRef | undefined): Promise<ArtifactRef> {
  return digest ?? hashFile(path);
}

/** False when the two places are on different file systems: then it takes a copy. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EXDEV') return false;
    throw error;
  }
}
