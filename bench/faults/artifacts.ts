/** Every file that a run puts into the store is damaged in every way, right after it was stored. */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomFrom } from '../calibration/random.js';
import { DIST, type WorkerGroup } from '../sandbox.js';
import type { FaultBench } from './bench.js';
import { DAMAGES, type Damage, type DamageOrder, type Stored } from './damage.js';
import { type Trial, describe } from './ledger.js';
import { ask, emptied, judged, requestOf } from './story.js';

export const artifactFault = (damage: Damage): string => `a file of the store damaged while the run goes on: ${damage}`;
export const AFTER_DAMAGE = 'the next run, with the same store';

/** A file to damage. */
interface Target {
  readonly stored: Stored;
  readonly damage: Damage;
}

/** @param limit trials at most, drawn at random; without it all of them */
export async function artifacts(bench: FaultBench, limit?: number): Promise<void> {
  const damaging = await DamagingWorker.start(bench);
  const stored = await damaging.undisturbed();
  const all = DAMAGES.flatMap((damage) => stored.map((file): Target => ({ stored: file, damage })));
  const targets = limit === undefined ? all : drawn(all, limit, bench.seed);
  for (const damage of DAMAGES)
    bench.ledger.plan(artifactFault(damage), targets.filter((target) => target.damage === damage).length);
  bench.ledger.plan(AFTER_DAMAGE, targets.length);
  const kinds = [...new Set(stored.map(({ kind }) => kind))].sort();
  bench.ledger.note(AFTER_DAMAGE, `${stored.length} files of ${kinds.length} kinds: ${kinds.join(', ')}`);
  for (const target of targets) {
    if (bench.stopping()) break;
    const { found, after, kind } = await damaging.trial(target);
    bench.ledger.enter(artifactFault(target.damage), found);
    bench.ledger.enter(AFTER_DAMAGE, after);
    bench.told(`${target.damage}, file ${target.stored.number}, ${kind}: ${describe(found)}; then ${describe(after)}`);
  }
  await damaging.stop();
}

/** A worker that damages the file that it is told to. */
class DamagingWorker {
  private constructor(
    private readonly bench: FaultBench,
    private readonly group: WorkerGroup,
    private readonly orders: string,
    private readonly log: string,
    readonly stop: () => Promise<unknown>,
  ) {}

  static async start(bench: FaultBench): Promise<DamagingWorker> {
    const folder = await bench.sandbox.folder();
    const [orders, log] = [join(folder, 'orders.json'), join(folder, 'stored.jsonl')];
    await writeFile(log, '');
    const hook = pathToFileURL(join(DIST, 'bench/faults/damage-hook.js'));
    const group = await bench.cluster.group({
      env: { NODE_OPTIONS: `--import=${hook.href}`, FAULT_ORDERS: orders, FAULT_LOG: log },
    });
    const worker = await group.startWorker();
    return new DamagingWorker(bench, group, orders, log, () => worker.stop());
  }

  /** Every file that a run stores. */
  async undisturbed(): Promise<readonly Stored[]> {
    const trial = await this.order({ number: -1, damage: 'deleted' });
    const found = await this.run();
    if (!found.same) throw new Error(`the undisturbed run: ${describe(found)}`);
    return this.storedIn(trial);
  }

  /** How the run with the damaged file ends, and the one after it. */
  async trial({
    stored,
    damage,
  }: Target): Promise<{ readonly found: Trial; readonly after: Trial; readonly kind: string }> {
    await emptied(this.group);
    const trial = await this.order({ number: stored.number, damage });
    const found = await this.run();
    // Measures come in any order: it is the number that was damaged, and it may be of another kind than at first.
    const damaged = (await this.storedIn(trial)).find(({ number }) => number === stored.number);
    if (damaged === undefined) throw new Error(`the run stored no file ${stored.number}`);
    return { found, after: await this.run(), kind: damaged.kind };
  }

  private async run(): Promise<Trial> {
    const project = await this.bench.story.project();
    return judged(
      project,
      await ask(this.bench.cluster.client, this.group.taskQueue, requestOf(project)),
      this.bench.digest,
    );
  }

  private async order(order: Omit<DamageOrder, 'trial'>): Promise<string> {
    const trial = randomUUID();
    await writeFile(this.orders, JSON.stringify({ ...order, trial }));
    return trial;
  }

  private async storedIn(trial: string): Promise<readonly Stored[]> {
    const lines = (await readFile(this.log, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Stored).filter((stored) => stored.trial === trial);
  }
}

/** A random order, of which the first are taken. */
function drawn<T>(all: readonly T[], count: number, seed: number): readonly T[] {
  const random = randomFrom(seed, 0);
  const left = [...all];
  const taken: T[] = [];
  while (taken.length < count && left.length > 0)
    taken.push(...left.splice(Math.floor(random.uniform() * left.length), 1));
  return taken;
}
