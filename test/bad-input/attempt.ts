/** Runs pipelines in a process of their own and tells what became of each. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('attempt.mjs', import.meta.url));

/** Far more than any one of these takes; what takes longer hangs. */
const PATIENCE_MS = 100_000;

export interface Attempt {
  readonly kind: 'ok' | 'usage' | 'data' | 'infrastructure' | 'bug' | 'crash';
  readonly message: string;
}

/** The outcome by pipeline file. A file at which the process ended without a word has "crash"; those after it are tried anew. */
export async function attemptAll(files: readonly string[]): Promise<ReadonlyMap<string, Attempt>> {
  const outcomes = new Map<string, Attempt>();
  for (;;) {
    const left = files.filter((file) => !outcomes.has(file));
    if (left.length === 0) return outcomes;
    const child = spawn(process.execPath, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      // Each file has all of it: how many there are says nothing about one that hangs.
      timer.refresh();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(left.map((file) => `${file}\n`).join(''));
    await once(child, 'close');
    clearTimeout(timer);
    let begun: string | null = null;
    for (const line of output.split('\n').filter(Boolean)) {
      const said = JSON.parse(line) as { begin?: string; end?: string } & Attempt;
      if (said.begin !== undefined) begun = said.begin;
      if (said.end !== undefined) {
        outcomes.set(said.end, { kind: said.kind, message: said.message });
        begun = null;
      }
    }
    const how = `${String(child.exitCode)} ${String(child.signalCode)}: ${errors.slice(-500)}`;
    if (begun !== null) outcomes.set(begun, { kind: 'crash', message: how });
    else if (files.some((file) => !outcomes.has(file))) throw new Error(`the process did not begin: ${how}`);
  }
}
