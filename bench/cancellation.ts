/**
 * How long a cancelled run goes on computing: from the start of `segmentry cancel`, and from the moment that the Temporal service has taken the
 * cancellation, until the compute process that inferred for it is gone.
 *
 *     npm run bench:cancellation [-- TRIALS]
 */
import { readFileSync, readdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { quantileSorted } from 'd3-array';
import { type Cluster, Sandbox, runIdIn, until } from './sandbox.js';
import { slowProject } from './slow-project.js';

const TRIALS = 20;

/** A task of minutes, in native calls of seconds each: no trial ends because its task was over. */
const SLOW = { rows: 1_000_000, layers: 128 };

/** Trials cancel at random moments of this many milliseconds after the first task has begun: beats and tasks are met anywhere. */
const WITHIN_MS = 3_000;

/** How often the process table is looked at, in milliseconds: the error of every number below. */
const LOOK_MS = 5;

/** Longer than this is no answer to the question how long it takes. */
const PATIENCE_MS = 60_000;

interface Trial {
  /** Milliseconds from the start of the command to the cancellation's event in the history. */
  readonly accepted: number;
  /** From that event to the last of the compute processes being gone. */
  readonly gone: number;
  /** From that event to the run's last one. */
  readonly closed: number;
  /** From the start of the command to its end. */
  readonly command: number;
}

async function main(): Promise<void> {
  const trials = Number(process.argv[2] ?? TRIALS);
  const sandbox = new Sandbox();
  try {
    const cluster = await sandbox.cluster();
    const done: Trial[] = [];
    while (done.length < trials) {
      const trial = await cancelOne(sandbox, cluster);
      process.stderr.write(`${JSON.stringify(trial)}\n`);
      done.push(trial);
    }
    process.stdout.write(tableOf(done));
  } finally {
    await sandbox.cleanUp();
  }
}

async function cancelOne(sandbox: Sandbox, cluster: Cluster): Promise<Trial> {
  const group = await cluster.group();
  const project = await slowProject(sandbox, SLOW);
  const worker = await group.startWorker('--threads', '1');
  const run = sandbox.start(['run', project.pipeline], { env: group.env });
  await until('the run has an id', () => /^run: /m.test(run.stderr()), run);
  const id = runIdIn(run.stderr());
  const handle = cluster.client.workflow.getHandle(id);
  await until('a task of inference runs', () => infers(handle), run);
  await delay(Math.random() * WITHIN_MS);
  const computing = childrenOf(worker.pid);
  const began = Date.now();
  const command = sandbox.start(['cancel', id], { env: group.env });
  const ended = command.finished.then(() => Date.now());
  while (computing.some(lives)) {
    if (Date.now() - began > PATIENCE_MS) throw new Error(`the compute process of ${id} goes on`);
    await delay(LOOK_MS);
  }
  const gone = Date.now();
  const { code, stderr } = await command.finished;
  if (code !== 0) throw new Error(`segmentry cancel ended with ${String(code)}:\n${stderr}`);
  await run.finished;
  const { events } = await handle.fetchHistory();
  const timeOf = (
    kind: 'workflowExecutionCancelRequestedEventAttributes' | 'workflowExecutionCanceledEventAttributes',
  ) => {
    const time = events?.find((event) => event[kind] != null)?.eventTime;
    if (time == null) throw new Error(`no such event: ${kind}`);
    return Number(time.seconds) * 1_000 + Number(time.nanos) / 1e6;
  };
  const accepted = timeOf('workflowExecutionCancelRequestedEventAttributes');
  await worker.stop();
  return {
    accepted: accepted - began,
    gone: gone - accepted,
    closed: timeOf('workflowExecutionCanceledEventAttributes') - accepted,
    command: (await ended) - began,
  };
}

async function infers(handle: WorkflowHandle): Promise<boolean> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).some(
    ({ activityType, lastStartedTime }) => activityType?.name === 'infer' && lastStartedTime != null,
  );
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statusOf(pid, 'PPid') === String(parent));
}

/** A process that has ended and was not waited for computes no more. */
function lives(pid: number): boolean {
  const state = statusOf(pid, 'State');
  return state !== null && !state.startsWith('Z');
}

function statusOf(pid: number, line: string): string | null {
  try {
    return new RegExp(`^${line}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}

function tableOf(trials: readonly Trial[]): string {
  const line = (name: string, of: (trial: Trial) => number): string => {
    const sorted = trials.map(of).sort((a, b) => a - b);
    const at = (share: number): string => ((quantileSorted(sorted, share) ?? Number.NaN) / 1_000).toFixed(2);
    return `| ${name} | ${at(0.5)} s | ${at(0.95)} s | ${at(1)} s |\n`;
  };
  return [
    `${trials.length} runs, each cancelled in the middle of inference, ${cpus().length} cores, Node.js ${process.version}, load at the end ${loadavg()[0]?.toFixed(1) ?? '?'}\n\n`,
    '| from → to | median | 95 % | longest |\n|---|---|---|---|\n',
    line('the command starts → the service has the cancellation', ({ accepted }) => accepted),
    line('the service has it → the compute process is gone', ({ gone }) => gone),
    line('the command starts → the compute process is gone', ({ accepted, gone }) => accepted + gone),
    line('the service has it → the run is over', ({ closed }) => closed),
    line('the command starts → it has told how the run ended', ({ command }) => command),
  ].join('');
}

await main();
