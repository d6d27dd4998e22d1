/** A run over a table with very many segments, whose names are as bad as names get. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Database } from '../../adapters/duckdb/database.js';
import { createRegistry } from '../../adapters/registry/create-registry.js';
import type { Result } from '../../domain/result.js';
import { type HistorySize, historiesOf } from '../histories.js';
import * as onnx from '../onnx-files.js';
import { type Sandbox, resultOf } from '../sandbox.js';

export interface ManySegments {
  readonly segments: number;
  readonly rowsPerSegment: number;
  /** Of the one worker. */
  readonly threads: number;
}

export interface RealRun {
  readonly result: Result;
  readonly seconds: number;
  readonly histories: readonly HistorySize[];
}

const MODEL = 'shop';

/** 90 characters of three bytes each, which no two segments share: longer than what any place takes that has a limit. */
const NAME = "repeat('\u5e97\u8217', 45) || (range // ROWS)";

/** Version 2 was made from version 1 and is no better or worse: every check passes. */
export async function runManySegments(
  sandbox: Sandbox,
  { segments, rowsPerSegment, threads }: ManySegments,
): Promise<RealRun> {
  const folder = await sandbox.folder();
  const name = NAME.replace('ROWS', String(rowsPerSegment));
  const select = `SELECT range AS id, ${name} AS shop, ((range * 37) % 101) / 50.0 - 1.0 AS x,
    CAST((range * 37) % 101 + (range * 7) % 20 > 55 AS INTEGER) AS late FROM range(${segments * rowsPerSegment})`;
  await Database.with(Database.open({ threads }), (database) =>
    database.run(`COPY (${select}) TO '${join(folder, 'rows.parquet')}' (FORMAT parquet)`),
  );
  const registry = join(folder, 'registry');
  await mkdir(registry);
  await writeFile(join(folder, 'model.onnx'), sigmoid());
  for (const version of ['1', '2']) {
    await createRegistry(registry).addVersion(MODEL, join(folder, 'model.onnx'), {
      version,
      actor: 'set up',
      metadata: { task: 'binary' },
    });
  }
  const pipeline = join(folder, 'pipeline.yaml');
  await writeFile(pipeline, PIPELINE);

  const cluster = await sandbox.cluster();
  const group = await cluster.group();
  const worker = await group.startWorker('--threads', String(threads));
  const started = performance.now();
  const finished = await sandbox.run(['run', pipeline, '--json', '-'], { env: group.env });
  const seconds = (performance.now() - started) / 1_000;
  const result = resultOf(finished);
  const histories = await historiesOf(cluster.client);
  await worker.stop();
  await cluster.close();
  return { result, seconds, histories };
}

/** Of the segmentation: as many characters of three bytes as are shown of a name. */
const LONG = '\u5e97'.repeat(60);

const PIPELINE = `pipeline: shops
data: { source: rows.parquet, id: id, label: late }
model: { task: binary, registry: registry, name: ${MODEL}, candidate: "2", baseline: "1" }
segments: { minRows: 1, by: [{ name: ${LONG}, columns: [shop] }] }
metrics: [accuracy]
checks:
  - { metric: accuracy, versus: baseline, maxDrop: 0.5 }
`;

/** sigmoid(x) */
function sigmoid(): Uint8Array {
  return onnx.model({
    nodes: [onnx.node('Sigmoid', ['x'], ['score'])],
    inputs: [onnx.value('x', onnx.FLOAT, ['N', 1])],
    outputs: [onnx.value('score', onnx.FLOAT, ['N', 1])],
  });
}
