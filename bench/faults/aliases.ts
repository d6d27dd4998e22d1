/** A person moves the alias while a run rolls back, at every point of it: what the person did stands. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CLI, DIST, MODEL, type Project, rollbacks, serving } from '../sandbox.js';
import { type FaultBench, attempt } from './bench.js';
import type { Trial } from './ledger.js';
import { type Ended, ask, emptied, requestOf } from './story.js';

export const ALIAS_POINTS = [
  'before the intent',
  'before the compare-and-set',
  'between compare and set',
  'between set and read-back',
  'after the run',
] as const;
export type AliasPoint = (typeof ALIAS_POINTS)[number];

/** What the person wants to serve: neither the candidate nor what the rollback would take. */
const WANTED = '3';

export async function aliases(bench: FaultBench, trials: number): Promise<void> {
  const faultOf = (point: AliasPoint): string => `alias moved by another process ${point}`;
  for (const point of ALIAS_POINTS) bench.ledger.plan(faultOf(point), trials);
  for (const point of ALIAS_POINTS) {
    for (let trial = 0; trial < trials && !bench.stopping(); trial++) {
      await attempt(bench, faultOf(point), `alias ${point}`, async () => {
        const { found, outcome } = await movedAt(bench, point);
        return { found, said: outcome, note: `rollback: ${outcome}` };
      });
    }
  }
}

export async function movedAt(
  bench: FaultBench,
  point: AliasPoint,
): Promise<{ readonly found: Trial; readonly outcome: string }> {
  const project = await withThirdVersion(await bench.story.project());
  const args = ['registry', 'alias', MODEL, 'serving', WANTED, '--registry', project.registry];
  const hook = pathToFileURL(join(DIST, 'bench/faults/alias-hook.js'));
  const group = await bench.cluster.group({
    env: {
      NODE_OPTIONS: `--import=${hook.href}`,
      FAULT_POINT: point,
      FAULT_COMMAND: JSON.stringify([CLI, ...args]),
    },
  });
  const worker = await group.startWorker();
  const asked = (): Promise<Ended> => ask(bench.cluster.client, group.taskQueue, requestOf(project));
  let ended = await asked();
  if (point === 'after the run') {
    await bench.sandbox.run(args, { cwd: project.folder });
    ended = await asked();
  }
  await worker.stop();
  await emptied(group);
  return judgedWith(project, ended, point, bench.digest);
}

async function judgedWith(
  project: Project,
  ended: Ended,
  point: AliasPoint,
  digest: string,
): Promise<{ readonly found: Trial; readonly outcome: string }> {
  const effects = (await rollbacks(project)).length;
  const serves = await serving(project);
  // Before the set there is no effect at all; after it, there was one, which the person went over.
  const late = point === 'between set and read-back' || point === 'after the run';
  const wanted = late ? 1 : 0;
  if (ended === null) return { found: { same: false, effects, wanted, hung: true, lost: null }, outcome: 'none' };
  if ('failure' in ended)
    return { found: { same: false, effects, wanted, hung: false, lost: ended.failure }, outcome: 'none' };
  const outcome = ended.outcome.actions[0]?.outcome ?? 'none';
  const told = outcome === (late ? 'done' : 'conflict');
  const broken = serves !== WANTED ? `version ${String(serves)} serves` : told ? null : `told as ${outcome}`;
  const same = ended.outcome.digest === digest;
  return { found: { same, effects, wanted, hung: false, lost: null, broken }, outcome };
}

async function withThirdVersion(project: Project): Promise<Project> {
  const model = join(project.registry, MODEL);
  await cp(join(model, '1'), join(model, WANTED), { recursive: true });
  const about = join(model, WANTED, 'model.json');
  await writeFile(about, (await readFile(about, 'utf8')).replace('"version": "1"', `"version": "${WANTED}"`));
  return project;
}
