/**
 * The bare limit: threads that each scan their share of the rows with DuckDB and feed them to ONNX Runtime, and keep nothing.
 * No start of a run, no validation, no segments, no metrics.
 *
 *     node dist/bench/peers/limit.js ROWS.parquet MODEL.onnx THREADS
 */
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { forEachChunk } from '../../adapters/duckdb/columns.js';
import { Database } from '../../adapters/duckdb/database.js';

const FEATURES = 'month day hour minute weekday distance temp dewp humid wind_speed precip visib'.split(' ');
const BATCH_ROWS = 16_384;

interface Share {
  readonly rows: string;
  readonly model: string;
  readonly part: number;
  readonly parts: number;
}

async function main(): Promise<void> {
  const [rows, model, threads] = process.argv.slice(2);
  const parts = Number(threads);
  const ends = Array.from({ length: parts }, async (_, part) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { rows, model, part, parts } });
    return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  });
  await Promise.all(ends);
}

async function score({ rows, model, part, parts }: Share): Promise<void> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const width = FEATURES.length;
  const batch = new Float32Array(BATCH_ROWS * width);
  let filled = 0;
  const flush = async (): Promise<void> => {
    if (filled === 0) return;
    const features = new Tensor('float32', batch.subarray(0, filled * width), [filled, width]);
    await session.run({ features }, ['probabilities']);
    filled = 0;
  };
  await Database.with(Database.open({ threads: 1 }), async (database) => {
    const total = await database.count(`SELECT count(*) FROM '${rows}'`);
    const [from, to] = [Math.floor((total * part) / parts), Math.floor((total * (part + 1)) / parts)];
    const sql = `SELECT ${FEATURES.join(', ')} FROM read_parquet('${rows}', file_row_number = true) WHERE file_row_number >= ${from} AND file_row_number < ${to}`;
    await forEachChunk(database.connection, { sql, rows: to - from }, async (columns, size) => {
      if (filled + size > BATCH_ROWS) await flush();
      for (let feature = 0; feature < width; feature++) {
        const values = columns[feature] as Float32Array;
        for (let row = 0, at = filled * width + feature; row < size; row++, at += width) batch[at] = values[row]!;
      }
      filled += size;
    });
  });
  await flush();
}

if (isMainThread) await main();
else await score(workerData as Share);
