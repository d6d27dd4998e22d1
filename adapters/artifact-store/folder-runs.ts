/** The files of runs in a folder store, where a person and a script find them: `runs/<run>/result.json`. */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SweepTimes, removeAbandoned } from './abandoned.js';
import type { RunEntry } from './artifact-store.js';
import { copyDurably, isTemporaryName, renameDurably, temporaryBeside, writeDurably } from './durable-files.js';
import { explained, ifPresent } from './io-errors.js';
import { makeFolder } from './make-folder.js';
import { checkName, checkRun } from './names.js';

export class FolderRuns {
  private readonly sweeps = new SweepTimes();

  constructor(private readonly folder: string) {}

  async write(run: string, name: string, content: Uint8Array | { readonly path: string }): Promise<string> {
    const path = this.pathOf(run, name);
    // Nobody waits for it: a store that is kept for years has a folder for every run.
    if (this.sweeps.due()) void this.sweep();
    await explained('write', path, () =>
      content instanceof Uint8Array ? writeDurably(path, content) : replaceByCopy(path, content.path),
    );
    return path;
  }

  async read(run: string, name: string): Promise<Uint8Array | null> {
    const path = this.pathOf(run, name);
    return explained('read', path, () => ifPresent(() => readFile(path)));
  }

  async has(run: string, name: string): Promise<boolean> {
    const path = this.pathOf(run, name);
    return explained('look for', path, async () => (await ifPresent(() => stat(path))) !== null);
  }

  async list(): Promise<RunEntry[]> {
    const folders = await explained('list', this.folder, () =>
      ifPresent(() => readdir(this.folder, { withFileTypes: true })),
    );
    const runs = (folders ?? []).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    const entries: RunEntry[] = [];
    for (const run of runs) {
      const entry = await this.entry(run);
      if (entry !== null) entries.push(entry);
    }
    return entries.sort((a, b) => b.time.getTime() - a.time.getTime() || (a.run < b.run ? -1 : 1));
  }

  /** Null for a run without files, or one that is deleted while we look. */
  private async entry(run: string): Promise<RunEntry | null> {
    const folder = join(this.folder, run);
    const found = await explained('list', folder, () => ifPresent(() => readdir(folder)));
    // Names that begin with a dot are files on their way.
    const files = (found ?? []).filter((name) => !name.startsWith('.')).sort();
    let newest = -1;
    for (const file of files) {
      const path = join(folder, file);
      const at = await explained('look at', path, () => ifPresent(() => stat(path)));
      newest = Math.max(newest, at?.mtimeMs ?? -1);
    }
    return newest < 0 ? null : { run, files, time: new Date(newest) };
  }

  /** Whoever was killed while it wrote a run's file left the part that it had written. */
  private async sweep(): Promise<void> {
    const runs = await readdir(this.folder).catch(() => []);
    for (const run of runs) await removeAbandoned(join(this.folder, run), isTemporaryName);
  }

  private pathOf(run: string, name: string): string {
    return join(this.folder, checkRun(run), checkName(name, "a run's file"));
  }
}

async function replaceByCopy(path: string, source: string): Promise<void> {
  await explained('read', source, () => stat(source));
  await makeFolder(dirname(path));
  const temporary = temporaryBeside(path);
  try {
    await copyDurably(source, temporary);
    await renameDurably(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
