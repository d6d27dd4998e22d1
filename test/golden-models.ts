/** The small ONNX files in `test/golden/models`, and what ONNX Runtime for Python predicts with them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspectModel } from '../adapters/onnx/session.js';
import { type ModelSignature, readSignature } from '../adapters/onnx/signature.js';

interface ExpectedModel {
  readonly sha256: string;
  /** By output: a number, a text or the numbers of a row. */
  readonly predictions: Readonly<Record<string, readonly (number | string | readonly number[])[]>>;
}

interface Expected {
  readonly matrix: readonly string[];
  readonly models: Readonly<Record<string, ExpectedModel>>;
}

export const MODELS = new URL('./golden/models/', import.meta.url);

export const EXPECTED = JSON.parse(readFileSync(new URL('expected.json', MODELS), 'utf8')) as Expected;

/** The columns that every model with one wide input takes. */
export const MATRIX = EXPECTED.matrix;

export const ROWS = fileURLToPath(new URL('rows.parquet', MODELS));
export const ROW_COUNT = 150;

export function modelPath(name: string): string {
  return fileURLToPath(new URL(`${name}.onnx`, MODELS));
}

export async function signatureOf(
  name: string,
  features: readonly string[] | null = MATRIX,
  output: string | null = null,
): Promise<ModelSignature> {
  return readSignature(name, await inspectModel(modelPath(name), name), features, output);
}

export function expectedOutput(name: string, output: string): readonly (number | string | readonly number[])[] {
  const found = EXPECTED.models[name]?.predictions[output];
  if (found === undefined) throw new Error(`expected.json has no output ${output} of ${name}`);
  return found;
}
