/** ONNX Runtime sessions. They compute synchronously on the thread that calls them: only compute threads open one. */
import { InferenceSession } from 'onnxruntime-node';
import { SegmentryError } from '../../domain/errors.js';
import type { RawSignature, TensorInfo } from './signature.js';

/**
 * One thread inside a session: two were no faster (parallelism belongs across tasks), and with more than one the sums
 * inside a tree ensemble depend on timing, so that scores differ in their last bits from run to run.
 */
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
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
 * @throws SegmentryError (data) when ONNX Runtime cannot load the file
 */
export async function openSession(path: string, model: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path, SESSION_OPTIONS);
  } catch (error) {
    throw new SegmentryError(
      `${model}: ONNX Runtime cannot load its file: ${firstLine(error)}; is it a complete ONNX model?`,
      'data',
    );
  }
}

/** Inputs and outputs of a model file, as ONNX Runtime reports them. */
export async function inspectModel(path: string, model: string): Promise<RawSignature> {
  const session = await openSession(path, model);
  try {
    return { inputs: session.inputMetadata.map(tensorInfo), outputs: session.outputMetadata.map(tensorInfo) };
  } finally {
    await session.release();
  }
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
