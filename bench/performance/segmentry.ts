/** Segmentry as a user has it: a Temporal server and a worker that are up, and `segmentry run`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Result } from '../../domain/result.js';
import { type DevServer, acquireDevServer } from '../../workers/dev-server/index.js';
import { CLI, DATA, FOLDER } from './environment.js';
import { type Spent, timed } from './processes.js';

export interface PipelineOptions {
  readonly rows: string;
  /** YAML of one segmentation. */
  readonly segments?: string;
  readonly candidate?: string;
  readonly baseline?: string;
  readonly metrics?: string;
  readonly minAuc?: number;
}

const FEATURES = 'month, day, hour, minute, weekday, distance, temp, dewp, humid, wind_speed, precip, visib';

export class Bench {
  private made = 0;

  private constructor(
    private readonly server: DevServer,
    private readonly folder: string,
  ) {}

  static async open(): Promise<Bench> {
    const folder = join(FOLDER, 'runs');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return new Bench(await acquireDevServer({ folder }), folder);
  }

  /** The file of a pipeline that no run has been made of, so that nothing can be joined. */
  pipeline(options: PipelineOptions): string {
    const name = `bench-${++this.made}`;
    const { candidate = '1', baseline, metrics = 'accuracy, f1, auc', minAuc = 0.5 } = options;
    const { segments = `name: clusters, clusters: { features: [${FEATURES}], k: 5 }` } = options;
    const file = join(this.folder, `${name}.yaml`);
    const text = `pipeline: ${name}
data: { source: ${join(DATA, options.rows)}, label: late }
model:
  task: binary
  registry: ${join(DATA, 'registry')}
  name: forest
  candidate: '${candidate}'
${baseline === undefined ? '' : `  baseline: '${baseline}'\n`}segments: { minRows: 100, by: [{ ${segments} }] }
metrics: [${metrics}]
checks: [{ metric: auc, min: ${minAuc} }]
`;
    writeFileSync(file, text);
    return file;
  }

  /**
   * A worker with a store of its own that has done one small run: what is up has compiled its code, and computed nothing of this.
   *
   * @param beside a worker that this one shares store and tasks with
   */
  async worker(threads: number, beside?: BenchWorker): Promise<BenchWorker> {
    const id = ++this.made;
    const store = beside?.store ?? join(this.folder, `store-${id}`);
    const queue = beside?.queue ?? `bench-${id}`;
    const connection = ['--address', this.server.address, '--store', store, '--task-queue', queue];
    const process_ = execa(
      process.execPath,
      [CLI, 'worker', ...connection, '--threads', String(threads), '--metrics', 'off'],
      {
        cwd: this.folder,
        reject: false,
        buffer: false,
      },
    );
    await new Promise<void>((resolve, reject) => {
      let told = '';
      process_.stderr.on('data', (text: Buffer) => {
        told += text.toString();
        if (told.includes('worker ready')) resolve();
      });
      process_.once('exit', () => reject(new Error(`the worker ended: ${told}`)));
    });
    const worker = new BenchWorker(process_.pid ?? 0, connection, store, queue, async () => {
      process_.kill('SIGINT');
      await process_;
    });
    if (beside === undefined) await worker.run(this.pipeline({ rows: 'warm-up.parquet' }));
    return worker;
  }

  async close(): Promise<void> {
    await this.server.release();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** PASS, FAIL and INCONCLUSIVE. */
const VERDICTS = [0, 1, 4];

export class BenchWorker {
  constructor(
    readonly pid: number,
    private readonly connection: readonly string[],
    readonly store: string,
    readonly queue: string,
    private readonly end: () => Promise<void>,
  ) {}

  /** From the start of the command to its end, with the memory of the command and the worker. */
  async run(pipeline: string, workers: readonly BenchWorker[] = [this]): Promise<Spent & { readonly result: Result }> {
    const spent = await timed({
      file: process.execPath,
      args: [CLI, 'run', pipeline, ...this.connection, '--json', '-'],
      with: workers.map(({ pid }) => pid),
      accept: VERDICTS,
    });
    return { ...spent, result: JSON.parse(spent.stdout) as Result };
  }

  async stop(): Promise<void> {
    await this.end();
    rmSync(this.store, { recursive: true, force: true });
  }
}
