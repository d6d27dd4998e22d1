import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SegmentryError } from '../../domain/errors.js';
import type { GuardianOptions } from './guardian-options.js';
import type { StatePaths } from './state-files.js';

export interface StartedGuardian {
  readonly pid: number | undefined;
  /** `null` while it runs. */
  exitCode(): number | null;
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
    let failed: number | null = null;
    child.once('error', () => (failed = 1));
    child.unref();
    return { pid: child.pid, exitCode: () => failed ?? child.exitCode ?? (child.signalCode === null ? null : 1) };
  } finally {
    closeSync(log);
  }
}

/** Options such as a debugger's port or a test runner's loader are the command's, not the guardian's. */
function environmentOfGuardian(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS'));
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
