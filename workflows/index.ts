/** The workflows that a worker offers. */
export { evaluateModel } from './evaluate-model.js';
export { inferChunk } from './infer-chunk.js';
export { modelEffects } from './model-effects.js';
export { notifyVerdict } from './notify-verdict.js';
export { requestEvaluation } from './request-evaluation.js';
