/** Secrets that a test plants, and where they are found again. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Files below the folder in which one of them is, and how many were looked at. Bytes as latin1, so that none is lost. */
export async function searched(
  folder: string,
  planted: readonly string[],
): Promise<{ readonly files: number; readonly found: readonly string[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found: string[] = [];
  for (const file of files) {
    const bytes = await readFile(file, 'latin1');
    if (planted.some((secret) => bytes.includes(secret))) found.push(file);
  }
  return { files: files.length, found };
}
