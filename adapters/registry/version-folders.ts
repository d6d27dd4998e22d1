/** The versions of a model as folders: `<model>/<version>/model.onnx`, with a `model.json` beside it that may be missing. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SegmentryError } from '../../domain/errors.js';
import { TASKS } from '../../domain/pipeline.js';
import { compareVersions, registryName } from '../../domain/registry.js';
import { hashFile } from '../artifact-store/durable-files.js';
import { errorCode, explained, ifPresent } from '../artifact-store/io-errors.js';
import type { ModelMetadata, ModelVersion } from './registry.js';

export const MODEL_FORMAT = 'segmentry/model/v1';

/** The folder of the event log; no version can have its name. */
export const EVENTS_FOLDER = 'events';

export const METADATA_FILE = 'model.json';
export const MODEL_FILE = 'model.onnx';

const Metadata = z.looseObject({
  format: z.literal(MODEL_FORMAT).optional(),
  version: z.string().optional(),
  // A plain file name: a model cannot point out of its folder.
  file: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be the name of a file in the same folder')
    .optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex')
    .optional(),
  task: z.enum(TASKS).exactOptional(),
  description: z.string().exactOptional(),
  features: z.array(z.string()).exactOptional(),
  positive: z.union([z.string(), z.number(), z.boolean()]).exactOptional(),
  classes: z.array(z.union([z.string(), z.number(), z.boolean()])).exactOptional(),
  output: z.string().exactOptional(),
});

/** A version, and where its file should be. */
export interface FoundVersion extends ModelVersion {
  readonly path: string;
}

/** The versions in a model's folder, in order. One that is damaged is listed with its problem: it must not hide the others. */
export async function listVersions(folder: string, model: string): Promise<FoundVersion[]> {
  const entries = await explained('read the model folder', folder, () => readdir(folder, { withFileTypes: true }));
  const versions: FoundVersion[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink())) {
    if (name === EVENTS_FOLDER || !isVersionName(name)) continue;
    const version = await readVersion(join(folder, name), model, name).catch((error: unknown) =>
      unreadable(model, name, error),
    );
    if (version !== null) versions.push(version);
  }
  return versions.sort((a, b) => compareVersions(a.version, b.version));
}

/** The version's file, after a look at whether its bytes are those that were registered. */
export async function verifiedFile(version: FoundVersion): Promise<string> {
  const name = `${version.model} version ${version.version}`;
  if (version.problem !== null) throw new SegmentryError(`${name} cannot be used: ${version.problem}.`, 'data');
  const { path, sha256 } = version;
  if (sha256 === null) return path;
  const found = await explained('read the model', path, () => hashFile(path));
  if (found.sha256 === sha256) return path;
  throw new SegmentryError(
    `${name} cannot be used: the bytes of ${path} are not those that were registered (SHA-256 ${found.sha256} instead of ${sha256}). ` +
      'A version never changes: restore the file, or add the new model as a new version.',
    'data',
  );
}

async function readVersion(folder: string, model: string, version: string): Promise<FoundVersion | null> {
  const found = (
    metadata: ModelMetadata,
    sha256: string | null,
    file: string,
    problem: string | null,
  ): FoundVersion => ({
    model,
    version,
    sha256,
    metadata,
    problem,
    path: join(folder, file),
  });
  const path = join(folder, METADATA_FILE);
  const files = await explained('read', folder, () => ifPresent(() => readdir(folder).catch(nothingInAFile)));
  if (files === null) return null;
  const onnx = files.filter((name) => name.endsWith('.onnx') && !name.startsWith('.'));
  // A folder with neither is something else that somebody keeps here.
  if (onnx.length === 0 && !files.includes(METADATA_FILE)) return null;

  let described: z.infer<typeof Metadata> = {};
  if (files.includes(METADATA_FILE)) {
    const read = parseMetadata(await explained('read', path, () => readFile(path, 'utf8')));
    if (typeof read === 'string') return found({}, null, MODEL_FILE, `${path} is not valid: ${read}`);
    described = read;
  }
  const { version: written, file: named, sha256, ...metadata } = described;
  delete metadata.format;
  // Without a word on it, a lone model under another name is meant.
  const file = named ?? (onnx.length === 1 && !onnx.includes(MODEL_FILE) ? onnx[0]! : MODEL_FILE);
  const problem =
    written !== undefined && written !== version
      ? `${path} says that it is version "${written}"`
      : (await isFile(join(folder, file)))
        ? null
        : `${join(folder, file)} is missing`;
  return found(metadata, sha256 ?? null, file, problem);
}

/** What a `model.json` says, or what is wrong with it. */
export function parseMetadata(text: string): z.infer<typeof Metadata> | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const read = Metadata.safeParse(json);
  if (read.success) return read.data;
  return read.error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': ')).join('; ');
}

function isVersionName(name: string): boolean {
  try {
    registryName(name, 'version');
    return true;
  } catch {
    return false;
  }
}

async function isFile(path: string): Promise<boolean> {
  return explained('look at', path, async () => (await ifPresent(() => stat(path)))?.isFile() ?? false);
}

function unreadable(model: string, version: string, error: unknown): FoundVersion {
  if (!(error instanceof SegmentryError)) throw error;
  return { model, version, sha256: null, metadata: {}, problem: error.message.replace(/\.$/, ''), path: '' };
}

/** A symbolic link may lead to a file, which holds no version. */
function nothingInAFile(error: unknown): string[] {
  if (errorCode(error) === 'ENOTDIR') return [];
  throw error;
}
