/**
 * What do estimates with intervals cost? 48 segments x 5 metrics on 325,000 rows: Segmentry's closed forms against
 * Fairlearn's `MetricFrame`, without intervals and with its bootstrap of 20 samples, on the same rows in one run.
 *
 *     npm run bench:metric-frame [-- ROUNDS]
 *
 * The peer runs in a virtual environment that this program makes (Python 3 with venv and pip).
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { Database } from '../adapters/duckdb/database.js';
import { forEachChunk } from '../adapters/duckdb/columns.js';
import { measureRows } from '../domain/metrics/measure.js';
import type { MetricName } from '../domain/pipeline.js';
import { groupRows } from '../domain/slices/segment-table.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, '.segmentry/bench');
const FLIGHTS = join(ROOT, 'examples/flight-delays/flights.parquet');
const PEER = join(ROOT, 'bench/metric-frame.py');

const PACKAGES = ['fairlearn==0.13.0', 'scikit-learn==1.6.1', 'pandas==2.3.3', 'pyarrow==22.0.0'];
const METRICS: readonly MetricName[] = ['accuracy', 'precision', 'recall', 'fpr', 'selection_rate'];
const ROUNDS = 5;
const ROWS = 325_000;

/** Samples of the peer's bootstrap: what its documentation uses, too few for an interval to be trusted. */
const BOOTSTRAP = 20;

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? ROUNDS);
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, 'metric-frame.parquet');
  const { labels, predicted, codes, segments } = await makeRows(file);
  const python = await makePython();

  const ours: number[] = [];
  for (let round = 0; round < rounds + 1; round++) {
    const started = performance.now();
    measureSegments(labels, predicted, codes, segments);
    // The first round compiles.
    if (round > 0) ours.push((performance.now() - started) / 1_000);
  }
  const { stdout } = await execa(python, [PEER, file, String(rounds), String(BOOTSTRAP)]);
  const peer = JSON.parse(stdout) as { plain: number[]; bootstrap: number; rows: number; segments: number };

  const mine = median(ours);
  const line = (what: string, seconds: number): string =>
    `| ${what} | ${seconds.toFixed(3)} s | ${((mine / seconds) * 100).toFixed(2)} % |`;
  process.stdout.write(
    [
      `${peer.rows.toLocaleString('en-US')} rows, ${peer.segments} segments, ${METRICS.length} metrics, medians of ${rounds} rounds`,
      '',
      '| | time | Segmentry as a share of it |',
      '|---|---|---|',
      line('Segmentry, with intervals', mine),
      line('MetricFrame, no intervals', median(peer.plain)),
      line(`MetricFrame, n_boot = ${BOOTSTRAP} (one round)`, peer.bootstrap),
      '',
    ].join('\n'),
  );
}

/** The flights, repeated up to ROWS, with 48 segments (month x a quarter of the day) and a made prediction. */
async function makeRows(file: string): Promise<{
  readonly labels: Uint8Array;
  readonly predicted: Uint8Array;
  readonly codes: Int32Array;
  readonly segments: number;
}> {
  const query =
    `SELECT CAST(late AS INTEGER) AS label, CAST(hash(flight_id, n) % 10 < 2 + 3 * late AS INTEGER) AS predicted, ` +
    `CAST((month - 1) * 4 + hour // 6 AS INTEGER) AS segment ` +
    `FROM '${FLIGHTS}', range(3) AS copies(n) ORDER BY n, flight_id LIMIT ${ROWS}`;
  const labels = new Uint8Array(ROWS);
  const predicted = new Uint8Array(ROWS);
  const codes = new Int32Array(ROWS);
  await Database.with(Database.open({ threads: 1 }), async (database) => {
    await database.run(`COPY (${query}) TO '${file}' (FORMAT parquet)`);
    let at = 0;
    await forEachChunk(
      database.connection,
      { sql: `SELECT * FROM '${file}'`, rows: ROWS },
      ([label, guess, segment], rows) => {
        labels.set(label as Int32Array, at);
        predicted.set(guess as Int32Array, at);
        codes.set(segment as Int32Array, at);
        at += rows;
      },
    );
  });
  return { labels, predicted, codes, segments: Math.max(...new Set(codes)) + 1 };
}

function measureSegments(labels: Uint8Array, predicted: Uint8Array, codes: Int32Array, segments: number): void {
  const { rows, starts } = groupRows(codes, segments);
  for (let segment = 0; segment < segments; segment++) {
    const members = rows.subarray(starts[segment], starts[segment + 1]);
    const pick = (values: Uint8Array): Uint8Array => Uint8Array.from(members, (row) => values[row]!);
    measureRows({
      task: 'binary',
      metrics: METRICS,
      confidence: 0.95,
      seed: 1,
      labels: pick(labels),
      candidate: { kind: 'binary', scores: null, positive: pick(predicted) },
      baseline: null,
    });
  }
}

async function makePython(): Promise<string> {
  const folder = join(FOLDER, 'python');
  const python = join(folder, 'bin/python');
  if (!existsSync(join(folder, 'ready'))) {
    await execa('python3', ['-m', 'venv', folder]);
    await execa(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
    await execa('touch', [join(folder, 'ready')]);
  }
  return python;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

await main();
