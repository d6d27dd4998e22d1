/** The pipeline's own SQL in processes that may not take all memory. Each of these asks for gigabytes in one expression, which DuckDB does not count. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDataFiles } from '../../adapters/duckdb/source.js';
import type { ComputePool } from '../../workers/compute-pool.js';
import { withMemoryLimit } from '../../workers/memory-limit.js';
import { FEW_YOUNG_OBJECTS } from '../../workers/young-space.js';
import { newComputePool } from '../compute-processes.js';
import { pipelineOf } from '../pipeline-text.js';
import { newFolder } from '../scratch-folder.js';
import { newFile, newSnapshot } from '../snapshot.js';

/** Enough for Node, DuckDB and ONNX Runtime, and less than any of the expressions wants. */
const MEMORY = 1.5e9;

/** Of another size for each row, so that it is no constant. */
const GREEDY = "length(repeat('x' || x, 2000000000)) > 1";
/** A constant: DuckDB computes it before it is asked for a single row. */
const GREEDY_CONSTANT = "x < length(repeat('x', 3000000000))";

const NO_MEMORY =
  'it needs more memory than it may have; make it simpler, or compute what it needs as a column of the data';

it('is set on Linux alone', () => {
  const { execPath, execArgv = [] } = withMemoryLimit(1_024_000, 'linux');
  expect(execPath).toBe('/bin/sh');
  expect(execArgv[1]).toContain('ulimit -d 1000 ');
  expect(execArgv[2]).toBe(process.execPath);
  expect(withMemoryLimit(1_024_000, 'darwin')).toEqual({ execArgv: [FEW_YOUNG_OBJECTS, ...process.execArgv] });
});

describe.runIf(process.platform === 'linux')('SQL that wants all memory is refused, and its process goes on:', () => {
  let compute: ComputePool;
  let folder: string;

  beforeAll(async () => {
    compute = newComputePool(1, { memory: MEMORY });
    folder = await newFolder(afterAll);
  });
  afterAll(() => compute.close());

  const DATA = 'SELECT range % 2 AS y, range AS x FROM range(100)';
  const sourceFiles = async () => {
    const file = await newFile(folder, DATA);
    return findDataFiles(file, folder);
  };

  it('a rule', async () => {
    const { path, rows, types } = await newSnapshot(folder, DATA);
    const validate = (sql: string, output: string) =>
      compute.validateData({
        snapshot: path,
        rows,
        types,
        pipeline: pipelineOf({ validate: `[{ name: greedy, sql: "${sql}" }]` }),
        window: null,
        features: [],
        classes: [],
        threads: 1,
        output: join(folder, output),
      });
    await expect(validate(`select * from data where ${GREEDY}`, 'greedy')).rejects.toMatchObject({
      kind: 'data',
      message: `rule "greedy" cannot be run: ${NO_MEMORY}`,
    });
    const [, found] = await validate('select * from data where x = 7', 'modest');
    expect(found).toMatchObject({ rule: 'greedy', outcome: 'fail', badRows: 1 });
  });

  it('a condition that chooses rows', async () => {
    const files = await sourceFiles();
    const copy = (where: string, name: string) =>
      compute.copyRows({ files, where, window: 'true', threads: 1, target: join(folder, name) });
    await expect(copy(GREEDY, 'greedy.parquet')).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringContaining(NO_MEMORY) as unknown,
    });
    await expect(copy('x > 7', 'modest.parquet')).resolves.toBeUndefined();
  });

  it('a condition of a segment', async () => {
    const { path: snapshot, rows } = await newSnapshot(folder, DATA);
    const assign = (where: string, name: string) =>
      compute.assignSegments({
        snapshot,
        rows,
        label: null,
        segmentations: [{ name: 'some', kind: 'where', where }],
        seed: 1,
        threads: 1,
        output: join(folder, name),
      });
    await expect(assign(GREEDY, 'greedy.arrow')).rejects.toThrow(NO_MEMORY);
    expect((await assign('x > 7', 'modest.arrow')).tables[1]?.segments[0]?.rows).toBe(92);
  });

  it('a constant, which DuckDB tries to compute when a pipeline is checked, and again in the run', async () => {
    const files = await sourceFiles();
    const pipeline = pipelineOf({ segments: `{ minRows: 1, by: [{ name: some, where: "${GREEDY_CONSTANT}" }] }` });
    // To DuckDB it is a constant that could not be made simpler; that alone is no problem.
    expect(await compute.inspectData({ pipeline, files, threads: 1 })).toMatchObject({ problems: [] });
    const { path: snapshot, rows } = await newSnapshot(folder, DATA);
    const segmentations = pipeline.segments.by;
    const output = join(folder, 'constant.arrow');
    const job = { snapshot, rows, label: null, segmentations, seed: 1, threads: 1, output };
    await expect(compute.assignSegments(job)).rejects.toThrow(NO_MEMORY);
  });
});
