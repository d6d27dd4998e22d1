/** A registry in a new folder, for tests, with versions as a person would put them there. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FolderRegistry } from '../../../adapters/registry/folder-registry.js';
import type { AliasChange, SetAlias } from '../../../adapters/registry/registry.js';

export const MODEL = 'late-flight';

export interface TestRegistry {
  readonly folder: string;
  readonly modelFolder: string;
  readonly registry: FolderRegistry;
}

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'segmentry-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** @param versions each with a file of its own, and nothing else: no metadata, no events */
export async function newRegistry(...versions: readonly string[]): Promise<TestRegistry> {
  const folder = await newFolder();
  const modelFolder = join(folder, MODEL);
  await mkdir(modelFolder);
  for (const version of versions) {
    await mkdir(join(modelFolder, version));
    await writeFile(join(modelFolder, version, 'model.onnx'), `the bytes of ${version}`);
  }
  // Each event a minute after the one before, from the new year on.
  let minutes = 0;
  const now = (): Date => new Date(Date.UTC(2026, 0, 1, 0, minutes++));
  return { folder, modelFolder, registry: new FolderRegistry(folder, { now }) };
}

/** Points `serving` at a version as a run does that expects another there. */
export async function serve(
  registry: FolderRegistry,
  to: string,
  expect?: string | null,
  more: Partial<SetAlias> = {},
): Promise<AliasChange> {
  return registry.setAlias(MODEL, 'serving', to, { expect, actor: 'test', reason: 'a test', ...more });
}
