/** `segmentry report`: what a run found, once more and in other forms. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { RESULT_FILE, type Result } from '../domain/result.js';
import { renderHtml } from '../report/html.js';
import { renderJunit } from '../report/junit.js';
import { renderMarkdown } from '../report/markdown.js';
import { renderTerminal } from '../report/terminal.js';
import { EXIT } from './exit-codes.js';
import { type ConnectionFlags, examples, storeOption } from './global-options.js';
import { writeTo } from './output-file.js';
import { print, say, stdoutColor, terminalWidth } from './output.js';
import { openStore } from './session.js';
import { loadResult } from './show-result.js';
import { findStoredRun } from './stored-run.js';

const RENDERERS = {
  terminal: (result: Result) => renderTerminal(result, { color: stdoutColor(), width: terminalWidth() }),
  html: renderHtml,
  markdown: renderMarkdown,
  junit: renderJunit,
} as const;

interface Flags extends Pick<ConnectionFlags, 'store'> {
  readonly format: keyof typeof RENDERERS | 'json';
  readonly out?: string;
  readonly list?: boolean;
}

export function registerReport(program: Command): void {
  const command = program
    .command('report')
    .description('show a finished run again: on the terminal, as HTML, Markdown, JUnit or JSON')
    .argument('[run]', 'run id or the beginning of one; without it the latest run')
    .addOption(
      new Option('--format <format>', 'form of the report')
        .choices([...Object.keys(RENDERERS), 'json'])
        .default('terminal'),
    )
    .option('--out <file>', 'write it there instead of to stdout')
    .option('--list', 'list the runs in the store')
    .addOption(storeOption())
    .action(async (given: string | undefined, flags: Flags) => {
      process.exitCode = await report(given, flags);
    });
  examples(command, [
    'segmentry report --list',
    'segmentry report                                       # the latest run',
    'segmentry report flight-delays.2 --format html --out report.html',
    'segmentry report --format markdown >> "$GITHUB_STEP_SUMMARY"',
  ]);
}

async function report(given: string | undefined, flags: Flags): Promise<number> {
  const store = openStore(flags);
  if (flags.list === true) {
    const runs = (await store.runs()).filter(({ files }) => files.includes(RESULT_FILE));
    for (const { run, time } of runs) print(`${run}  ${time.toISOString()}`);
    if (runs.length === 0) say(`no runs in ${store.uri}`);
    return EXIT.pass;
  }
  const stored = await loadResult(store, await findStoredRun(store, given));
  const text = flags.format === 'json' ? stored.text : RENDERERS[flags.format](stored.read());
  if (flags.out === undefined) print(text);
  else {
    await writeTo(flags.out, text);
    say(`written: ${flags.out}`);
  }
  return EXIT.pass;
}
