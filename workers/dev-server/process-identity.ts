import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** `ps` answers in milliseconds; a machine that hangs longer than this must not hang us. */
const PS_TIMEOUT_MS = 5000;

/**
 * The command line of a process, or `null` when there is none (also for a zombie, whose command line is empty).
 * A pid read from a file proves nothing, pids are reused: nobody is signalled before this was compared.
 */
export async function commandLineOf(pid: number): Promise<string | null> {
  try {
    if (process.platform === 'linux') {
      const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      return raw.replaceAll('\0', ' ').trim() || null;
    }
    const query: [string, string[]] =
      process.platform === 'win32'
        ? [
            'powershell',
            ['-NoProfile', '-Command', `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`],
          ]
        : ['ps', ['-ww', '-o', 'command=', '-p', String(pid)]];
    const { stdout } = await execa(...query, { timeout: PS_TIMEOUT_MS });
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

/** Whether this pid is a Temporal dev server on this very database file. */
export async function isDevServer(pid: number, database: string): Promise<boolean> {
  const commandLine = await commandLineOf(pid);
  return commandLine !== null && commandLine.includes('server start-dev') && commandLine.includes(database);
}
