/**
 * Is nothing lost, and does nothing happen twice? Real processes are killed at random moments, the same evaluation is started
 * many times at once, aliases are moved while a run rolls back, stored files are damaged, and disks are full; prints Markdown,
 * which docs/operations.md holds.
 *
 *     npm run bench:faults [-- TRIALS [SEED [PART]]]
 *
 * TRIALS: kills. PART: one of kills, starts, aliases, artifacts, disks; without it all of them. The table so far is in
 * `.segmentry/faults/` while the bench runs; SIGTERM to this process ends it after the trials that are under way.
 */
import { join } from 'node:path';
import { aliases } from './faults/aliases.js';
import { artifacts } from './faults/artifacts.js';
import { openBench } from './faults/bench.js';
import { disks } from './faults/disks.js';
import { kills } from './faults/kills.js';
import { Ledger } from './faults/ledger.js';
import { starts } from './faults/starts.js';
import { Sandbox } from './sandbox.js';

const TRIALS = 200;
const SEED = 1;
/** Through each of the four doors. */
const STARTS_AT_ONCE = 50;
/** No trial is begun later than this. */
const LIMIT_MS = 90 * 60_000;
/** At each point of a rollback. */
const ALIAS_TRIALS = 5;
/** Of each kind of broken disk. */
const DISK_TRIALS = 6;

const [trials = TRIALS, seed = SEED] = process.argv.slice(2, 4).map(Number);
const part = process.argv[4] ?? 'all';
const started = performance.now();
let stop = false;
process.on('SIGTERM', () => (stop = true));
// A bench that takes longer than this has trials that wait for something; what was found until then is the table.
setTimeout(() => (stop = true), LIMIT_MS).unref();

const file = join(process.cwd(), '.segmentry', 'faults', `${part}.md`);
const ledger = new Ledger(`Seed ${seed}.`, file);
const sandbox = new Sandbox();
try {
  const bench = await openBench({ sandbox, ledger, seed, stopping: () => stop, told });
  if (wanted('kills')) await kills(bench, trials);
  if (wanted('starts')) await starts(bench, STARTS_AT_ONCE);
  if (wanted('aliases')) await aliases(bench, ALIAS_TRIALS);
  if (wanted('artifacts')) await artifacts(bench);
  if (wanted('disks')) await disks(bench, DISK_TRIALS);
} finally {
  await sandbox.cleanUp();
}
process.stdout.write(`${ledger.markdown()}\n`);

function wanted(name: string): boolean {
  return (part === 'all' || part === name) && !stop;
}

function told(line: string): void {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
}
