/** The workflows that a worker offers. */
export { evaluateModel } from './evaluate-model.js';
export { requestEvaluation } from './request-evaluation.js';
