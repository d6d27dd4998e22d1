/** `segmentry worker`: a process that does the work of runs, here or on a cluster. */
import type { Command } from 'commander';
import { EXIT } from './exit-codes.js';
import {
  type ConnectionFlags,
  type VersioningFlags,
  type WorkerFlags,
  examples,
  withConnection,
  withVersioning,
  withWorker,
} from './global-options.js';
import { onInterrupt } from './interrupt.js';
import { say } from './output.js';
import { type SessionBuild, openSession } from './session.js';

type Flags = ConnectionFlags & WorkerFlags & VersioningFlags;

export function registerWorker(program: Command): void {
  const command = program
    .command('worker')
    .description('run stages for a Temporal service until stopped')
    .action(async (flags: Flags) => {
      process.exitCode = await work(flags, 'worker');
    });
  examples(withVersioning(withWorker(withConnection(command))), [
    'TEMPORAL_ADDRESS=temporal:7233 segmentry worker --store /shared/artifacts',
    'segmentry worker --profile prod --threads 8 --metrics 0.0.0.0:9464',
  ]);
}

export function registerDev(program: Command): void {
  const command = program
    .command('dev')
    .description('keep a local Temporal with its UI and a worker running, for schedules and for looking around')
    .action(async (flags: Flags) => {
      process.exitCode = await work(flags, 'dev');
    });
  examples(withWorker(withConnection(command)), ['segmentry dev', 'segmentry dev --metrics 127.0.0.1:9464']);
}

async function work(flags: Flags, called: 'worker' | 'dev'): Promise<number> {
  const session = await openSession({
    flags,
    worker: 'always',
    workerFlags: flags,
    versioningFlags: flags,
    quiet: called === 'dev',
  });
  const interrupted = onInterrupt();
  try {
    const { worker } = session;
    if (worker === null) throw new Error('the session has no worker');
    if (session.uiUrl !== null) say(`Temporal UI: ${session.uiUrl}`);
    say(
      `worker ready: task queue ${session.taskQueue} at ${session.target.address}, artifacts in ${session.store.uri}`,
    );
    if (session.build !== null) say(aboutBuild(session.build));
    if (session.metricsUrl !== null)
      say(`metrics: ${session.metricsUrl}/metrics, health: ${session.metricsUrl}/healthz`);
    say('Ctrl-C stops it: running tasks finish or are handed back.');
    await Promise.race([worker.stopped, interrupted.signalled]);
    say('stopping');
    return EXIT.pass;
  } finally {
    await session.close();
    interrupted.dispose();
  }
}

function aboutBuild({ version: { deploymentName, buildId }, current }: SessionBuild): string {
  const which = `build ${buildId} of the deployment "${deploymentName}"`;
  if (current === buildId) return `${which}: it gets the new runs`;
  const others = current === null ? 'new runs wait until a build is made current' : `new runs go to ${current}`;
  return `${which}: it takes only the runs that began on it; ${others}`;
}
