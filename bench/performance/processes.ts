/** Commands as a user would start them, with their time and the memory of all their processes. */
import { readFileSync, readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';

export interface Spent {
  readonly seconds: number;
  /** Highest memory of all processes that count, in bytes ({@link usedBytes}); null where the system has no /proc. */
  readonly peakBytes: number | null;
  readonly stdout: string;
  readonly exitCode: number;
}

/**
 * How often memory is looked at, in milliseconds: stages take longer. Looking costs some milliseconds a process, in which the system
 * holds up what the process asks of its memory: twenty times a second made four processes half as slow again.
 */
const SAMPLE_MS = 500;

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Processes that work for the command though they are not its children: the worker. */
  readonly with?: readonly number[];
  /** Exit codes that are no failure. @default 0 */
  readonly accept?: readonly number[];
}

/** From the start of the process to its end. */
export async function timed(command: Command): Promise<Spent> {
  const { file, args, cwd, accept = [0] } = command;
  const started = performance.now();
  const running = execa(file, args, { ...(cwd === undefined ? {} : { cwd }), reject: false });
  let peak = 0;
  const watch = setInterval(() => {
    const roots = [...(command.with ?? []), ...(running.pid === undefined ? [] : [running.pid])];
    peak = Math.max(peak, usedBytes(roots) ?? 0);
  }, SAMPLE_MS);
  const { exitCode, stdout, stderr } = await running;
  clearInterval(watch);
  const seconds = (performance.now() - started) / 1_000;
  if (exitCode === undefined || !accept.includes(exitCode))
    throw new Error(`${file} ${args.join(' ')} ended with ${exitCode ?? 'no exit code'}:\n${stderr}`);
  return { seconds, peakBytes: peak === 0 ? null : peak, stdout, exitCode };
}

/**
 * Memory of the processes and everything below them, in bytes. Pages that several processes share count once in all (proportional set
 * size): the sum is what the machine has less while they run.
 */
export function usedBytes(roots: readonly number[]): number | null {
  const children = new Map<number, number[]>();
  let names: string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  for (const name of names) {
    // Behind the command's name, which may hold anything, come the state and the parent.
    const parent = /\) \S+ (\d+) /.exec(textOf(`/proc/${name}/stat`))?.[1];
    if (parent !== undefined) children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)]);
  }
  const sum = (pid: number): number =>
    (children.get(pid) ?? []).reduce((bytes, child) => bytes + sum(child), proportionalBytes(pid));
  return roots.reduce((bytes, pid) => bytes + sum(pid), 0);
}

function proportionalBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

/** Empty where the process ended while we looked. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
