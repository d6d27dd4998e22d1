/**
 * How large do histories and payloads get with very many segments, and with the tasks of very many rows? Prints Markdown, which
 * docs/operations.md holds.
 *
 *     npm run bench:many-segments [-- SEGMENTS [ROWS_PER_SEGMENT [PART]]]
 *
 * PART: `run` or `workflows`; without it both. `run` is a real run: SEGMENTS segments whose names are long and not ASCII, real inference and measures, one worker. `workflows` are the workflows alone,
 * with stages that answer at once: as many segments of 10,000 rows each, for light models and for heavy ones, whose
 * tasks are smaller.
 */
import { cpus, loadavg } from 'node:os';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { HistorySize } from './histories.js';
import { planned, runPlanned } from './many-segments/planned-run.js';
import { runManySegments } from './many-segments/real-run.js';
import { Sandbox } from './sandbox.js';

const SEGMENTS = 10_000;
const ROWS_PER_SEGMENT = 100;
/** Together with the segments the hundred million rows of the largest runs. */
const PLANNED_ROWS_PER_SEGMENT = 10_000;
const MODELS = { light: 100_000, heavy: 16_000_000 };
const THREADS = 2;
/** 60 characters of three bytes: as much as is shown of a name. */
const NAME = '\u5e97'.repeat(60);

const [segments = SEGMENTS, rowsPerSegment = ROWS_PER_SEGMENT] = process.argv.slice(2, 4).map(Number);
const part = process.argv[4] ?? 'all';
Runtime.install({ logger: new DefaultLogger('ERROR') });
const sandbox = new Sandbox();
// Line by line: whoever ends it early has what was measured.
print(
  `${cpus().length} cores, Node.js ${process.version}, one worker of ${THREADS} threads, load at the beginning ${load()}`,
);
print('');
print('| what | rows | wall time | histories | most events in one | all events | largest payload |');
print('|---|---|---|---|---|---|---|');
try {
  if (part !== 'workflows') await measureRun();
  if (part !== 'run') await measureWorkflows();
} finally {
  await sandbox.cleanUp();
}
async function measureRun(): Promise<void> {
  const { result, seconds, histories } = await runManySegments(sandbox, { segments, rowsPerSegment, threads: THREADS });
  print(
    lineOf(
      `a run, ${count(segments)} segments of ${count(rowsPerSegment)} rows: ${result.verdict}`,
      seconds,
      result.manifest.data.rows,
      histories,
    ),
  );
}

async function measureWorkflows(): Promise<void> {
  const cluster = await sandbox.cluster();
  const connection = await NativeConnection.connect({ address: cluster.server.address });
  const service = { client: cluster.client, connection };
  for (const [weight, bytes] of Object.entries(MODELS)) {
    const tasks = planned(
      Array.from({ length: segments }, (_, index) => ({ name: `${NAME} ${index}`, rows: PLANNED_ROWS_PER_SEGMENT })),
      bytes,
    );
    const run = await runPlanned(service, await sandbox.folder(), tasks);
    const whole = run.collected.length === tasks.length && run.collected.every((task, index) => task === index);
    if (!whole) throw new Error(`${run.collected.length} of ${tasks.length} tasks were collected, or not in order`);
    const what = `the workflows alone, ${count(segments)} segments of ${count(PLANNED_ROWS_PER_SEGMENT)} rows, ${weight} models: ${count(tasks.length)} tasks`;
    print(lineOf(what, run.seconds, segments * PLANNED_ROWS_PER_SEGMENT, run.histories));
  }
  await connection.close();
}

function lineOf(what: string, seconds: number, rows: number, histories: readonly HistorySize[]): string {
  const events = histories.map((history) => history.events);
  const payload = Math.max(...histories.map(({ largestPayload }) => largestPayload));
  const cells = [
    what,
    count(rows),
    `${seconds.toFixed(0)} s (load ${load()})`,
    String(histories.length),
    count(Math.max(...events)),
    count(events.reduce((sum, number) => sum + number, 0)),
    `${(payload / 1024).toFixed(1)} KB`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function load(): string {
  return loadavg()[0]?.toFixed(1) ?? '?';
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
