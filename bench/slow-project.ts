/** An evaluation whose inference takes as long as somebody wants: to cancel it, and to end its workers, in the middle. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Database } from '../adapters/duckdb/database.js';
import { createRegistry } from '../adapters/registry/create-registry.js';
import * as onnx from './onnx-files.js';
import type { Project, Sandbox } from './sandbox.js';

export const SLOW_MODEL = 'slow';

/** Side of the square matrices that slow the model down: a quarter of a million multiplications a row and layer. */
const SIDE = 512;

export interface SlowProject {
  readonly rows: number;
  /** Matrix products a row: with sixteen of them a batch of 1,024 rows takes some tenths of a second, in one native call. */
  readonly layers: number;
}

/** Version 1 serves and is judged by itself; its inference is `rows` in tasks by ranges, up to 50,000 rows are one. */
export async function slowProject(sandbox: Sandbox, { rows, layers }: SlowProject): Promise<Project> {
  const folder = await sandbox.folder();
  const registry = join(folder, 'registry');
  await mkdir(registry);
  const select = `SELECT i AS id, ((i * 37) % 101) / 50.0 - 1.0 AS x, CAST((i * 37) % 101 + (i * 7) % 20 > 55 AS INTEGER) AS late
    FROM range(${rows}) AS rows(i)`;
  await Database.with(Database.open({ threads: 1 }), (database) =>
    database.run(`COPY (${select}) TO '${join(folder, 'rows.parquet')}' (FORMAT parquet)`),
  );
  const file = join(folder, 'slow.onnx');
  await writeFile(file, slowModel(layers));
  const opened = createRegistry(registry);
  await opened.addVersion(SLOW_MODEL, file, { version: '1', actor: 'set up', metadata: { task: 'binary' } });
  await opened.setAlias(SLOW_MODEL, 'serving', '1', { expect: undefined, actor: 'set up', reason: 'set up' });
  const pipeline = join(folder, 'pipeline.yaml');
  await writeFile(
    pipeline,
    `pipeline: slow
data: { source: rows.parquet, id: id, label: late }
model: { task: binary, registry: registry, name: ${SLOW_MODEL}, candidate: '@serving' }
segments: { by: [{ name: low, where: 'x < 0' }] }
metrics: [accuracy]
checks: [{ metric: accuracy, min: 0.1 }]
`,
  );
  return { folder, pipeline, registry };
}

/** sigmoid(x + 0 * the mean of what `layers` products of matrices make of x) */
function slowModel(layers: number): Uint8Array {
  const names = Array.from({ length: layers }, (_, layer) => `layer${layer}`);
  const matrix = onnx.tensorAttribute('value', onnx.tensor('', onnx.FLOAT, [1], onnx.floats(1 / SIDE)));
  return onnx.model({
    nodes: [
      onnx.node('ConstantOfShape', ['wide'], ['row'], [matrix]),
      onnx.node('ConstantOfShape', ['square'], ['matrix'], [matrix]),
      onnx.node('MatMul', ['x', 'row'], ['begin']),
      ...names.map((name, layer) => onnx.node('MatMul', [names[layer - 1] ?? 'begin', 'matrix'], [name])),
      onnx.node('ReduceMean', [names.at(-1) ?? 'begin'], ['mean'], [onnx.intsAttribute('axes', [1])]),
      onnx.node('Mul', ['mean', 'zero'], ['nothing']),
      onnx.node('Add', ['x', 'nothing'], ['sum']),
      onnx.node('Sigmoid', ['sum'], ['score']),
    ],
    inputs: [onnx.value('x', onnx.FLOAT, ['N', 1])],
    outputs: [onnx.value('score', onnx.FLOAT, ['N', 1])],
    initializers: [
      onnx.tensor('wide', onnx.INT64, [2], onnx.int64s(1n, BigInt(SIDE))),
      onnx.tensor('square', onnx.INT64, [2], onnx.int64s(BigInt(SIDE), BigInt(SIDE))),
      onnx.tensor('zero', onnx.FLOAT, [1], onnx.floats(0)),
    ],
  });
}
