/** ONNX Runtime sessions. They compute synchronously on the thread that calls them: only compute processes open one. */
import { open, readFile, stat } from 'node:fs/promises';
import { InferenceSession, env } from 'onnxruntime-node';
import { SegmentryError } from '../../domain/errors.js';
import { FileDigests } from '../artifact-store/file-digests.js';
import { explained, ifPresent } from '../artifact-store/io-errors.js';
import { type ClassLabels, readClassLabels } from './class-labels.js';
import { type RawSignature, type TensorInfo, isLabel } from './signature.js';
import { isTreeEnsemble } from './tree-ensemble.js';

// Of the library itself, not of a session: what it finds odd about the machine (graphics cards that it cannot list in a container) is no
// user's concern. It is read when the first session is opened.
env.logLevel = 'error';

/**
 * One thread inside a session: two were no faster (parallelism belongs across tasks), and with more than one the sums
 * inside a tree ensemble depend on timing, so that scores differ in their last bits from run to run.
 */
export const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // Warnings about unused initialisers and the like are for the model's author, not for a run's log. 3 = errors.
  logSeverityLevel: 3,
};

/**
 * @param model how the model is called in messages
 * @throws SegmentryError (data) when ONNX Runtime cannot load the file; (infrastructure) when it cannot be read at all
 */
export async function openSession(path: string, model: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path, SESSION_OPTIONS);
  } catch (error) {
    await requireReadable(path);
    if ((await stat(path).catch(() => null))?.size === 0)
      throw new SegmentryError(`${model}: its file ${path} is empty; export the model again`, 'data');
    throw new SegmentryError(
      `${model}: ONNX Runtime cannot load its file: ${firstLine(error)}; is it a complete ONNX model?`,
      'data',
    );
  }
}

/** @throws SegmentryError (infrastructure): the file system refuses the file, which ONNX Runtime tells by a number */
async function requireReadable(path: string): Promise<void> {
  const file = await explained('read the model', path, () => ifPresent(() => open(path, 'r')));
  await file?.close();
}

/**
 * Sessions that a process keeps, each with its model in memory: candidate and baseline of two runs that take turns. Those that were used least
 * recently go, or a worker would end up with every model that it was ever asked about.
 */
const KEPT_SESSIONS = 4;

/** By the SHA-256 of the model, in the order of their last use: loading one costs as much as scoring a hundred thousand rows. */
const sessions = new Map<string, Promise<InferenceSession>>();

/** The session of the model with this digest, which is in the file. It may be closed as soon as another one is asked for. */
export async function sessionOf(sha256: string, path: string, model: string): Promise<InferenceSession> {
  return keep(sha256, sessions.get(sha256) ?? openSession(path, model));
}

async function keep(sha256: string, session: Promise<InferenceSession>): Promise<InferenceSession> {
  sessions.delete(sha256);
  sessions.set(sha256, session);
  // A failure is not remembered: the next attempt reads the file again.
  session.catch(() => sessions.delete(sha256));
  for (const [other, old] of sessions) {
    if (sessions.size <= KEPT_SESSIONS) break;
    sessions.delete(other);
    await old.then((unused) => unused.release()).catch(() => undefined);
  }
  return session;
}

const digests = new FileDigests();

/** Inputs and outputs of a model file, as ONNX Runtime reports them. The session is kept for whoever infers next. */
export async function inspectModel(path: string, model: string): Promise<RawSignature> {
  // A file that cannot be read is explained by whoever opens it as a model.
  const digest = await digests.of(path).catch(() => null);
  const known = digest === null ? undefined : sessions.get(digest.sha256);
  const session = await (known ?? openSession(path, model));
  const outputs = session.outputMetadata.map(tensorInfo);
  const signature = {
    inputs: session.inputMetadata.map(tensorInfo),
    outputs,
    isTreeEnsemble: await isTreeEnsemble(path),
    classLabels: await classLabelsOf(session, path, outputs),
  };
  if (known !== undefined) return signature;
  // What was loaded has this digest only if nobody has changed the file meanwhile.
  const isSame = digest !== null && (await digests.remembered(path)) === digest;
  if (isSame) await keep(digest.sha256, Promise.resolve(session));
  else await session.release();
  return signature;
}

/** As long as their sessions are kept: the file is read once more for them. */
const classLabels = new WeakMap<InferenceSession, ClassLabels>();

async function classLabelsOf(
  session: InferenceSession,
  path: string,
  outputs: readonly TensorInfo[],
): Promise<ClassLabels> {
  const labels = outputs.filter(isLabel).map(({ name }) => name);
  if (labels.length === 0) return {};
  const known = classLabels.get(session);
  if (known !== undefined) return known;
  let found: ClassLabels = {};
  try {
    found = readClassLabels(await readFile(path), labels);
  } catch {
    // A file that is written in a way unknown here, or larger than what can be read at once: ONNX Runtime has loaded it, and
    // nothing is known of its classes but what it says row by row.
  }
  classLabels.set(session, found);
  return found;
}

function tensorInfo(metadata: InferenceSession.ValueMetadata): TensorInfo {
  return metadata.isTensor
    ? { name: metadata.name, isTensor: true, type: metadata.type, shape: [...metadata.shape] }
    : { name: metadata.name, isTensor: false, type: 'sequence or map', shape: [] };
}

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').trim();
}
