/** A worker's process for tests that kill it: a compute process of it computes for hours. Arguments: a snapshot, a name for files. */
import { createComputePool } from '../../dist/workers/compute-pool.js';

const [snapshot, output] = process.argv.slice(2);
const pool = createComputePool({ processes: 1 });
await pool.validateData({
  snapshot,
  rows: 1,
  features: [],
  types: new Map([
    ['x', 'BIGINT'],
    ['y', 'BIGINT'],
  ]),
  classes: [],
  threads: 1,
  output,
  pipeline: {
    name: 'endless',
    data: { source: 'numbers', label: 'y', id: null, where: null },
    model: { task: 'regression', positive: null, candidate: { kind: 'registry' }, baseline: null, missing: 'nan' },
    validate: [
      {
        kind: 'sql',
        name: 'endless',
        severity: 'block',
        sql: 'SELECT x FROM data, range(100000000000) r WHERE hash(r.range, x) = 1',
      },
    ],
  },
});
