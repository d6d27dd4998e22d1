/** The forest of a model that is loaded, and the proof that its answers are ONNX Runtime's. */
import { readFile } from 'node:fs/promises';
import type { InferenceSession } from 'onnxruntime-node';
import type { Output } from '../predictions.js';
import type { ModelSignature } from '../signature.js';
import { ForestScorer, type Scores } from './forest-scorer.js';
import { logistic } from './logistic.js';
import { readForest } from './read-forest.js';

/** As long as their sessions are kept. */
const scorers = new WeakMap<InferenceSession, Promise<ForestScorer | null>>();

/**
 * @param path of the file that the session was made from
 * @param capacity rows a batch at most
 * @returns null: the model is none that can be scored here, or not for what this signature asks
 */
export async function forestOf(
  session: InferenceSession,
  path: string,
  signature: ModelSignature,
  capacity: number,
): Promise<ForestScorer | null> {
  const { isTreeEnsemble, layout, features, fixedBatch, output } = signature;
  if (isTreeEnsemble !== true || layout !== 'matrix' || fixedBatch !== null || output.kind !== 'scores') return null;
  if (features.some(({ element }) => element !== 'float32')) return null;
  const opened = scorers.get(session) ?? openForest(path, features.length, capacity);
  scorers.set(session, opened);
  const scorer = await opened;
  return scorer?.isFor(signature) === true ? scorer : null;
}

/** @returns null: these rows are for ONNX Runtime */
export async function forestScores(forest: ForestScorer, matrix: Float32Array, rows: number): Promise<Scores | null> {
  if (!forest.takes(matrix, rows)) return null;
  const scores = forest.score(matrix, rows);
  return forest.isLogistic ? logistic(scores) : scores;
}

/** Of a forest that has answered otherwise than ONNX Runtime. */
export function dropForest(session: InferenceSession): void {
  scorers.set(session, Promise.resolve(null));
}

async function openForest(path: string, features: number, capacity: number): Promise<ForestScorer | null> {
  try {
    const forest = readForest(await readFile(path));
    return forest === null ? null : ForestScorer.open(forest, features, capacity);
  } catch {
    // A file that is written in a way unknown here, or no memory for a second copy of it: ONNX Runtime has loaded it.
    return null;
  }
}

/** Whether they are the same numbers, to the last bit. */
export function isSame(scores: Scores, output: Output): boolean {
  const { data } = output;
  if (!(data instanceof Float32Array) || data.length !== scores.data.length || output.dims[0] !== scores.dims[0])
    return false;
  const [ours, theirs] = [bitsOf(scores.data), bitsOf(data)];
  return ours.every((bits, index) => bits === theirs[index]);
}

const bitsOf = ({ buffer, byteOffset, length }: Float32Array): Int32Array => new Int32Array(buffer, byteOffset, length);
