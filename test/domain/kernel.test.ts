import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openKernel } from '../../domain/kernel.js';
import { KERNEL_BASE64 } from '../../domain/slices/nearest-centres-bytes.js';

const ROOT = new URL('../../', import.meta.url);

describe('kernels', () => {
  it('are what their texts say', async () => {
    const script = new URL('scripts/write-kernels.js', ROOT).href;
    const { kernelFiles } = (await import(/* @vite-ignore */ script)) as {
      kernelFiles: () => Promise<Readonly<Record<string, string>>>;
    };
    const files = await kernelFiles();
    expect(Object.keys(files)).toHaveLength(3);
    for (const [path, content] of Object.entries(files)) {
      expect(readFileSync(new URL(path, ROOT), 'utf8'), path).toBe(content);
    }
  });

  it('have memory of their own, as much as was asked for', () => {
    const [first, second] = [openKernel(KERNEL_BASE64, 100_000), openKernel(KERNEL_BASE64, 1)];
    expect([first, second].map(({ memory }) => memory.buffer.byteLength)).toEqual([131_072, 65_536]);
    expect(first.memory).not.toBe(second.memory);
  });
});
