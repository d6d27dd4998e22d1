/** A disk of its own in memory, which can be full, read-only, and well again. It takes the right to mount. */
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Sandbox } from '../sandbox.js';

const MIB = 1024 * 1024;

/** More than a run of the story stores, with what it writes on the way. */
const DISK_BYTES = 128 * MIB;

/** For how long files may be open to write without a moment in between. */
const BUSY_MS = 30_000;

export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Whether this process may mount disks: it has to be root's, on Linux. */
  static async possible(sandbox: Sandbox): Promise<boolean> {
    return SmallDisk.mount(sandbox).then(
      () => true,
      () => false,
    );
  }

  /** It is unmounted with the sandbox. @throws Error with what `mount` says */
  static async mount(sandbox: Sandbox): Promise<SmallDisk> {
    const folder = join(await sandbox.folder(), 'disk');
    await mkdir(folder);
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder]);
    // Lazily: a process that still has a file open there must not keep the folder from being removed.
    sandbox.atEnd(() => execa('umount', ['--lazy', folder], { reject: false }));
    return new SmallDisk(folder);
  }

  /** Bytes that are used. */
  async used(): Promise<number> {
    const { blocks, bfree, bsize } = await statfs(this.folder);
    return (blocks - bfree) * bsize;
  }

  /** Leaves so many bytes free. */
  async fill(leaving: number): Promise<void> {
    const { bfree, bsize } = await statfs(this.folder);
    const filler = await open(this.filler, 'w');
    try {
      // Written, not allocated: what is only promised counts on some systems and not on others.
      const block = Buffer.alloc(MIB);
      for (let left = bfree * bsize - Math.ceil(leaving); left > 0; left -= MIB)
        await filler.writeFile(block.subarray(0, Math.min(left, MIB)));
    } finally {
      await filler.close();
    }
  }

  async free(): Promise<void> {
    await rm(this.filler, { force: true });
  }

  /** At the first moment in which nobody has a file open to write. */
  async readOnly(): Promise<void> {
    const deadline = performance.now() + BUSY_MS;
    for (;;) {
      const { failed, stderr } = await execa('mount', ['-o', 'remount,ro', this.folder], { reject: false });
      if (!failed) return;
      if (performance.now() > deadline) throw new Error(`the disk cannot be made read-only: ${stderr}`);
    }
  }

  async writable(): Promise<void> {
    await execa('mount', ['-o', 'remount,rw', this.folder]);
  }

  private get filler(): string {
    return join(this.folder, 'filler');
  }
}
