/** Commands as a user would start them, with their time and the memory of all their processes. */
import { readFileSync, readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';

export interface Spent {
  readonly seconds: number;
  /** Highest sum of the resident memory of all processes that count, in bytes; null where the system has no /proc. */
  readonly peakBytes: number | null;
  readonly stdout: string;
  readonly exitCode: number;
}

/** How often memory is looked at, in milliseconds: short against a batch's life, long against what looking costs. */
const SAMPLE_MS = 50;

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
    peak = Math.max(peak, residentBytes(roots) ?? 0);
  }, SAMPLE_MS);
  const { exitCode, stdout, stderr } = await running;
  clearInterval(watch);
  const seconds = (performance.now() - started) / 1_000;
  if (exitCode === undefined || !accept.includes(exitCode))
    throw new Error(`${file} ${args.join(' ')} ended with ${exitCode ?? 'no exit code'}:\n${stderr}`);
  return { seconds, peakBytes: peak === 0 ? null : peak, stdout, exitCode };
}

/** Resident memory of the processes and everything below them. Pages that they share count once for each. */
export function residentBytes(roots: readonly number[]): number | null {
  const children = new Map<number, number[]>();
  const resident = new Map<number, number>();
  let names: string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  for (const name of names) {
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
      resident.set(Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended while we looked.
    }
  }
  const sum = (pid: number): number =>
    (children.get(pid) ?? []).reduce((bytes, child) => bytes + sum(child), resident.get(pid) ?? 0);
  return roots.reduce((bytes, pid) => bytes + sum(pid), 0);
}
