/** The manifest of the made-up run: two versions of the demo's model on its data. */
import { MANIFEST_FORMAT } from '../../domain/manifest.js';
import type { Manifest } from '../../domain/manifest.js';
import { ROWS } from './result-builder.js';

export const MANIFEST: Manifest = {
  format: MANIFEST_FORMAT,
  pipeline: { name: 'flight-delays', digest: '9f2b6a'.padEnd(64, '3c') },
  task: 'binary',
  data: {
    source: 'flights.parquet',
    sourceDigest: '1d04'.padEnd(64, 'a7'),
    snapshot: '77aa'.padEnd(64, '0e'),
    rows: ROWS,
    columns: [
      'month',
      'day',
      'hour',
      'minute',
      'weekday',
      'distance',
      'temp',
      'visib',
      'carrier',
      'origin',
      'late',
    ].map((name) => ({
      name,
      type: name === 'carrier' || name === 'origin' ? 'VARCHAR' : 'DOUBLE',
    })),
    window: null,
  },
  models: {
    candidate: {
      kind: 'registry',
      name: 'late-flight',
      version: '2',
      ref: '@serving',
      sha256: 'c0ff'.padEnd(64, '1b'),
    },
    baseline: {
      kind: 'registry',
      name: 'late-flight',
      version: '1',
      ref: '@previous',
      sha256: 'ba5e'.padEnd(64, '9d'),
    },
  },
  serving: '2',
  act: true,
  seed: 20130101,
  estimation: { confidence: 0.95 },
  versions: { segmentry: '0.1.0', duckdb: '1.5.5', onnxruntime: '1.30.0' },
};
