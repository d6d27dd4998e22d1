export { acquireDevServer, describeDevServer } from './acquire.js';
export type { AcquireOptions, DevServer, DevServerDescription } from './acquire.js';
export { findTemporalBinary } from './find-binary.js';
export type { FindBinaryOptions } from './find-binary.js';
export type { TemporalBinary } from './binary-check.js';
