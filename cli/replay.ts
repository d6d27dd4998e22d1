/** `segmentry replay`: verdict and digest of a finished run once more, from its artifacts alone. */
import type { Command } from 'commander';
import type { Replay } from '../activities/replay.js';
import { EXIT } from './exit-codes.js';
import { type ConnectionFlags, examples, storeOption } from './global-options.js';
import { print } from './output.js';
import { findStoredRun } from './stored-run.js';
import { openStore } from './session.js';

export function registerReplay(program: Command): void {
  const command = program
    .command('replay')
    .description(
      'compute a finished run again from its artifacts: same verdict, same digest? Exits with 0 if so, with 3 if not',
    )
    .argument('[run]', 'run id or the beginning of one; without it the latest run')
    .addOption(storeOption())
    .action(async (given: string | undefined, flags: Pick<ConnectionFlags, 'store'>) => {
      const store = openStore(flags);
      const run = await findStoredRun(store, given);
      const { replay } = await import('../activities/replay.js');
      const { measureSegmentation } = await import('../adapters/measures/measure-segmentation.js');
      const { versions } = await import('../workers/versions.js');
      const replayed = await replay({ store, measureSegmentation, versions: versions() }, run);
      print(describe(replayed));
      process.exitCode = replayed.same ? EXIT.pass : EXIT.noDecision;
    });
  examples(command, [
    'segmentry replay                                       # the latest run',
    'segmentry replay flight-delays.2.3f9c1d2e7a10',
  ]);
}

function describe({ run, same, verdict, digest, artifacts, differences, versions: changed }: Replay): string {
  const versionLines = changed.map((line) => `  version    ${line}`);
  if (same) {
    return [
      `${run}: same`,
      `  verdict    ${verdict.recomputed}`,
      `  digest     ${digest.recomputed}`,
      `  artifacts  ${artifacts}, every byte as the run left it`,
      ...versionLines,
    ].join('\n');
  }
  return [
    `${run}: different`,
    `  verdict    ${verdict.recorded}, recomputed ${verdict.recomputed}`,
    `  digest     ${digest.recorded}, recomputed ${digest.recomputed}`,
    `  artifacts  ${artifacts}, every byte as the run left it`,
    ...versionLines,
    ...differences.map((line) => `  different  ${line}`),
  ].join('\n');
}
