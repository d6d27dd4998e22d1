/** Inference over golden models, as the infer stage does it. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type NumericColumn, readColumnFile } from '../../../adapters/column-file.js';
import { type InferModel, inferRows } from '../../../adapters/onnx/infer-rows.js';
import type { ClassNames } from '../../../adapters/onnx/predictions.js';
import type { Task } from '../../../domain/pipeline.js';
import { MATRIX, ROW_COUNT, modelPath, signatureOf } from '../../golden-models.js';

export interface PredictionRequest {
  readonly task?: Task;
  readonly features?: readonly string[] | null;
  readonly output?: string;
  readonly names?: Partial<ClassNames>;
  readonly from?: number;
  readonly to?: number;
}

export type Predicted = Readonly<Record<string, NumericColumn>>;

/** Predictions of the golden model for rows of a Parquet file that has row numbers. */
export async function predicted(
  folder: string,
  parquet: string,
  model: string,
  request: PredictionRequest = {},
): Promise<Predicted> {
  const { task = 'binary', features = MATRIX, output = null, names = {}, from = 0, to = ROW_COUNT } = request;
  const loaded: InferModel = {
    title: model,
    sha256: model,
    path: modelPath(model),
    signature: await signatureOf(model, features, output),
    names: { classes: null, positive: null, ...names },
    output: join(folder, `${randomUUID()}.arrow`),
  };
  await inferRows({ task, source: { snapshot: parquet }, from, to, models: [loaded] });
  return readColumnFile(loaded.output);
}
