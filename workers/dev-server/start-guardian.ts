import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SegmentryError } from '../../domain/errors.js';
import { withoutSecrets } from '../encryption/keyring.js';
import type { GuardianOptions } from './guardian-options.js';
import type { StatePaths } from './state-files.js';

export interface StartedGuardian {
  readonly pid: number | undefined;
  /** `left`: it made room for another guardian, or somebody killed it; starting another one may help. */
  state(): 'running' | 'left' | 'failed';
}

/**
 * Starts a guardian in a session of its own: the terminal's Ctrl-C reaches the command, which then still has a server to
 * finish its work with, and not the guardian.
 */
export function startGuardian(paths: StatePaths, options: GuardianOptions): StartedGuardian {
  const log = openSync(paths.guardianLog, 'a');
  try {
    const child = spawn(process.execPath, [guardianEntry(), JSON.stringify(options)], {
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log, log],
      // Not the command's folder: that one could then not be removed or unmounted on some systems.
      cwd: paths.stateFolder,
      env: environmentOfGuardian(),
    });
    let failedToStart = false;
    child.once('error', () => (failedToStart = true));
    child.unref();
    return {
      pid: child.pid,
      state: () => {
        if (failedToStart || (child.exitCode !== null && child.exitCode !== 0)) return 'failed';
        return child.exitCode === 0 || child.signalCode !== null ? 'left' : 'running';
      },
    };
  } finally {
    closeSync(log);
  }
}

/**
 * Options such as a debugger's port or a test runner's loader are the command's, not the guardian's; and keys are no
 * business of processes that outlive it.
 */
function environmentOfGuardian(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(withoutSecrets(process.env)).filter(([name]) => name !== 'NODE_OPTIONS'));
}

/**
 * The compiled guardian: beside this file in a build. When this file itself runs from TypeScript sources (in tests), Node
 * cannot start the `.ts`, so the build's guardian is used.
 */
function guardianEntry(): string {
  const candidates = ['./guardian.js', '../../dist/workers/dev-server/guardian.js'].map((relative) =>
    fileURLToPath(new URL(relative, import.meta.url)),
  );
  const entry = candidates.find((candidate) => existsSync(candidate));
  if (entry === undefined) {
    throw new SegmentryError(
      `${candidates.join(' and ')} do not exist: run \`npm run build\` first.`,
      'infrastructure',
    );
  }
  return entry;
}
