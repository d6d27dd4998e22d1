/** What a compute thread can do. Each export is a job; the pool calls it by name (`compute-pool.ts`). */
import { inspectModel as inspect } from '../adapters/onnx/session.js';
import type { RawSignature } from '../adapters/onnx/signature.js';
import { portable } from './portable-errors.js';
import { inferRows as infer } from '../adapters/onnx/infer-rows.js';
import { collectPredictions as collect } from '../adapters/onnx/collect-predictions.js';
import { measureSegmentation as measure } from '../adapters/measures/measure-segmentation.js';
import { assignSegments as assign } from '../adapters/segments/assign-segments.js';
import { writeLayout as layout } from '../adapters/segments/write-layout.js';

export const inspectModel = portable((job: { readonly path: string; readonly title: string }): Promise<RawSignature> =>
  inspect(job.path, job.title),
);
export const assignSegments = portable(assign);
export const writeLayout = portable(layout);
export const inferRows = portable(infer);
export const collectPredictions = portable(collect);
export const measureSegmentation = portable(measure);
