/**
 * How fast is Segmentry, and how much memory does it take? Peers, the bare limit of the machine and Segmentry on the same rows in one
 * run, round by round, so that a machine that slows down slows all of them.
 *
 *     npm run bench [-- --rounds 5 --only speed,reuse]
 *
 * Parts: speed, doubles (the same rows as pandas stores them), reuse, segments, baseline, workers, demo, rows (32.6 million of them, 2.3 GB). The first run makes a Python environment
 * and the data.
 */
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { quantileSorted } from 'd3-array';
import type { Result } from '../domain/result.js';
import { DATA, PEERS, ROOT, makeData, makePython } from './performance/environment.js';
import { type Spent, timed } from './performance/processes.js';
import { Bench, type BenchWorker, type PipelineOptions } from './performance/segmentry.js';

const PARTS = ['speed', 'doubles', 'reuse', 'segments', 'baseline', 'workers', 'demo', 'rows'] as const;
type Part = (typeof PARTS)[number];

// For the peers, which load ONNX Runtime themselves: it would leave a file in the folder, and tell its maker.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

const THREADS = 2;
const ROUNDS = 5;

/** What a ratio is to be at most, as the project sets itself. */
interface Bar {
  readonly name: string;
  /** Of one round; null where a part of it was not run. */
  readonly of: (round: Round) => number | null | undefined;
  readonly most: number;
  readonly unit?: string;
}

type Round = ReadonlyMap<string, Measured>;
interface Measured extends Pick<Spent, 'seconds' | 'peakBytes'> {
  readonly result?: Pick<Result, 'timings'>;
}

const BARS: readonly Bar[] = [
  { name: '3.26 M rows, against the bare limit', of: ratio('segmentry', 'limit', 'seconds'), most: 1.35 },
  { name: "the same against the seed's snippet", of: ratio('segmentry', 'seed', 'seconds'), most: 0.55 },
  { name: 'its peak memory, against the snippet', of: ratio('segmentry', 'seed', 'peakBytes'), most: 0.35 },
  { name: 'doubles, against the bare limit', of: ratio('segmentry, doubles', 'limit, doubles', 'seconds'), most: 1.35 },
  {
    name: "doubles, against the seed's snippet",
    of: ratio('segmentry, doubles', 'seed, doubles', 'seconds'),
    most: 0.55,
  },
  { name: 'doubles, its peak memory', of: ratio('segmentry, doubles', 'seed, doubles', 'peakBytes'), most: 0.35 },
  { name: '32.6 M rows against 3.26 M: time', of: ratio('segmentry, 32.6 M rows', 'segmentry', 'seconds'), most: 10.5 },
  { name: 'the same: peak memory', of: ratio('segmentry, 32.6 M rows', 'segmentry', 'peakBytes'), most: 1.3 },
  {
    name: 'peak memory at 32.6 M rows',
    of: (round) => (round.get('segmentry, 32.6 M rows')?.peakBytes ?? Number.NaN) / 1e6,
    most: 1000,
    unit: 'MB',
  },
  { name: '10,000 segments against 10', of: ratio('10,000 segments', '10 segments', 'seconds'), most: 1.5 },
  {
    name: 'candidate and stored baseline, against candidate alone',
    of: ratio('candidate and stored baseline', 'candidate alone', 'seconds'),
    most: 1.15,
  },
  { name: 'other bounds', of: (round) => round.get('other bounds')?.seconds, most: 2, unit: 's' },
  { name: 'the demo', of: (round) => round.get('the demo')?.seconds, most: 20, unit: 's' },
  {
    name: 'two workers against one',
    of: ratio('two workers of one thread', 'one worker of one thread', 'seconds'),
    most: 0.6,
  },
];

function ratio(above: string, below: string, of: 'seconds' | 'peakBytes'): Bar['of'] {
  return (round) => (round.get(above)?.[of] ?? Number.NaN) / (round.get(below)?.[of] ?? Number.NaN);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, only: { type: 'string' } } });
  const rounds = Number(values.rounds ?? ROUNDS);
  const parts = (values.only?.split(',') ?? PARTS) as readonly Part[];
  const unknown = parts.find((part) => !PARTS.includes(part));
  if (unknown !== undefined || !(rounds >= 1))
    throw new Error(`--only knows ${PARTS.join(', ')}; --rounds is a number`);
  const python = await makePython();
  await makeData(python);
  const bench = await Bench.open();
  const done: Round[] = [];
  try {
    while (done.length < rounds) {
      done.push(await oneRound(bench, python, parts, done.length));
      tell(`round ${done.length} of ${rounds}, load ${loadavg()[0]?.toFixed(1) ?? ''}`);
    }
  } finally {
    await bench.close();
  }
  process.stdout.write(tableOf(done));
}

/** What a round does, one after the other. */
type Step = () => Promise<void>;

/**
 * @param number of the round, from 0. Each begins with another step: what a machine gives to one depends on what it had to give to the one
 * before. The slowest peer runs in the first round only.
 */
async function oneRound(bench: Bench, python: string, parts: readonly Part[], number: number): Promise<Round> {
  const round = new Map<string, Measured>();
  const keep = (name: string, spent: Measured): void => {
    round.set(name, spent);
    tell(`  ${name}: ${spent.seconds.toFixed(2)} s, ${megabytes(spent.peakBytes)}`);
  };
  const steps = stepsOf({ bench, python, keep, parts, number });
  for (const step of turned(steps, number)) await step();
  return round;
}

function turned<T>(list: readonly T[], by: number): readonly T[] {
  const first = by % Math.max(1, list.length);
  return [...list.slice(first), ...list.slice(0, first)];
}

interface Setting {
  readonly bench: Bench;
  readonly python: string;
  readonly keep: (name: string, spent: Measured) => void;
  readonly parts: readonly Part[];
  readonly number: number;
}

/** Each by itself, in any order. */
function stepsOf({ bench, python, keep, parts, number }: Setting): readonly Step[] {
  const model = join(DATA, 'registry/forest/1/model.onnx');
  const limit = join(ROOT, 'dist/bench/peers/limit.js');
  const steps: Step[] = [];
  const program = (name: string, file: string, args: readonly string[]): number =>
    steps.push(async () => keep(name, await timed({ file, args })));
  const peer = (name: string, called: string, rows: string, itsModel = model): number =>
    program(called, python, [join(PEERS, `${name}.py`), join(DATA, rows), itsModel]);
  const withWorker = (work: (worker: BenchWorker) => Promise<void>): number =>
    steps.push(async () => {
      const worker = await bench.worker(THREADS);
      await work(worker);
      await worker.stop();
    });
  const run = (name: string, options: PipelineOptions): number =>
    withWorker(async (worker) => keep(name, await worker.run(bench.pipeline(options))));
  const has = (part: Part): boolean => parts.includes(part);

  for (const [part, of, rows] of [
    ['speed', '', 'rows-1.parquet'],
    ['doubles', ', doubles', 'doubles-1.parquet'],
  ] as const) {
    if (!has(part)) continue;
    program(`limit${of}`, process.execPath, [limit, join(DATA, rows), model, String(THREADS)]);
    peer('seed', `seed${of}`, rows, join(DATA, 'forest.joblib'));
  }
  if (has('speed')) peer('onnx_pandas', 'onnx_pandas', 'rows-1.parquet');
  if (has('speed') && number === 0) peer('metric_frame', 'metric_frame', 'rows-1.parquet');
  if (has('doubles')) run('segmentry, doubles', { rows: 'doubles-1.parquet' });
  if (has('speed') || has('reuse') || has('baseline') || has('rows')) {
    withWorker(async (worker) => {
      const next = async (name: string, options: Omit<PipelineOptions, 'rows'>): Promise<void> =>
        keep(name, await worker.run(bench.pipeline({ rows: 'rows-1.parquet', ...options })));
      await next('segmentry', {});
      if (has('reuse')) await next('other bounds', { minAuc: 0.6 });
      if (!has('baseline')) return;
      const both = [
        () => next('candidate alone', { candidate: '4' }),
        () => next('candidate and stored baseline', { candidate: '2', baseline: '1' }),
      ];
      for (const one of turned(both, number)) await one();
    });
  }
  if (has('segments')) {
    run('10 segments', { rows: 'rows-1.parquet', segments: 'columns: [few]' });
    run('10,000 segments', { rows: 'rows-1.parquet', segments: 'columns: [many]' });
  }
  if (has('workers')) {
    for (const [name, count] of [
      ['one worker of one thread', 1],
      ['two workers of one thread', 2],
    ] as const)
      steps.push(async () => {
        const workers = [await bench.worker(1)];
        if (count === 2) workers.push(await bench.worker(1, workers[0]));
        keep(name, await workers[0]!.run(bench.pipeline({ rows: 'warm-up.parquet', candidate: '6' }), workers));
        for (const worker of workers.reverse()) await worker.stop();
      });
  }
  if (has('demo')) program('the demo', process.execPath, [join(ROOT, 'dist/examples/flight-delays/demo.js')]);
  if (has('rows')) run('segmentry, 32.6 M rows', { rows: 'rows-10.parquet' });
  return steps;
}

function tableOf(rounds: readonly Round[]): string {
  const [cpu] = cpus();
  const names = [...new Set(rounds.flatMap((round) => [...round.keys()]))];
  const times = names.map((name) => {
    const found = rounds.flatMap((round) => round.get(name) ?? []);
    const seconds = spreadOf(found.map((measured) => measured.seconds));
    const bytes = spreadOf(found.map(({ peakBytes }) => (peakBytes ?? Number.NaN) / 1e6));
    return `| ${name} | ${shown(seconds, 2)} s | ${shown(bytes, 0)} MB |`;
  });
  const rates = names.flatMap((name) => {
    const timings = rounds.flatMap((round) => {
      const found = round.get(name)?.result;
      return found === undefined ? [] : [found.timings];
    });
    const of = (timing: string): Spread => spreadOf(timings.flatMap((found) => found[timing] ?? []));
    if (Number.isNaN(of('rows per second').median)) return [];
    const batches = ['P50', 'P90', 'P95'].map((part) => `${(1_000 * of(`batch ${part}`).median).toFixed(1)} ms`);
    const [rows, segments] = ['rows', 'segments'].map((what) => count(of(`${what} per second`).median));
    return [`| ${name} | ${rows} | ${batches.join(' | ')} | ${segments} |`];
  });
  const bars = BARS.flatMap(({ name, of, most, unit = '' }) => {
    const found = rounds.map((round) => of(round) ?? Number.NaN).filter((value) => !Number.isNaN(value));
    if (found.length === 0) return [];
    const spread = spreadOf(found);
    const kept = spread.median <= most ? 'yes' : 'no';
    return [`| ${name} | ${shown(spread, unit === 'MB' ? 0 : 2)} ${unit} | ${most} ${unit} | ${kept} |`];
  });
  return [
    `${cpus().length} cores of ${cpu?.model ?? 'unknown make'}, Node.js ${process.version}, ${rounds.length} rounds; medians [lowest, highest]; load at the end ${loadavg()[0]?.toFixed(1) ?? '?'}`,
    '',
    '| | time | peak memory |',
    '|---|---|---|',
    ...times,
    '',
    ...(rates.length === 0 ? [] : [...RATES, ...rates, '']),
    '| bar | median of ratios | at most | kept |',
    '|---|---|---|---|',
    ...bars,
    '',
  ].join('\n');
}

const RATES = [
  '| | rows scored a second | batch P50 | P90 | P95 | segments measured a second |',
  '|---|---|---|---|---|---|',
];

interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => quantileSorted(sorted, share) ?? Number.NaN;
  return { median: at(0.5), low: at(0), high: at(1) };
}

function shown({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/** Three digits, and thousands told apart. */
function count(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}

function megabytes(bytes: number | null): string {
  return bytes === null ? 'memory unknown' : `${(bytes / 1e6).toFixed(0)} MB`;
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

await main();
