/** What a run found, printed and written where the command was told to. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ArtifactStore } from '../adapters/artifact-store/index.js';
import { readResult } from '../adapters/result-file/schema.js';
import { SegmentryError } from '../domain/errors.js';
import type { Result } from '../domain/result.js';
import { renderTerminal } from '../report/terminal.js';
import { print, stdoutColor, terminalWidth } from './output.js';

export interface ResultFlags {
  /** Write result.json there; "-" is stdout, and then nothing else is printed there. */
  readonly json?: string;
  /** Write the HTML report there. */
  readonly report?: string;
}

export async function loadResult(store: ArtifactStore, run: string): Promise<Result> {
  const bytes = await store.readRunFile(run, 'result.json');
  if (bytes === null) {
    throw new SegmentryError(
      `${store.uri} has no result of the run ${run}; was it made with another store? (--store, SEGMENTRY_STORE)`,
      'infrastructure',
    );
  }
  return readResult(new TextDecoder().decode(bytes));
}

export async function showResult(
  result: Result,
  flags: ResultFlags,
  links: { readonly result: string; readonly report: string; readonly ui: string | null },
): Promise<void> {
  if (flags.report !== undefined) await copyTo(links.report, flags.report);
  if (flags.json === '-') {
    print(JSON.stringify(result, null, 2));
    return;
  }
  if (flags.json !== undefined) await writeTo(flags.json, `${JSON.stringify(result, null, 2)}\n`);
  print(
    renderTerminal(result, {
      color: stdoutColor(),
      width: terminalWidth(),
      links: {
        report: flags.report === undefined ? links.report : resolve(flags.report),
        result: flags.json === undefined ? links.result : resolve(flags.json),
        ...(links.ui === null ? {} : { ui: links.ui }),
      },
    }),
  );
}

async function copyTo(from: string, to: string): Promise<void> {
  await orExplain(to, async () => {
    await mkdir(dirname(resolve(to)), { recursive: true });
    await copyFile(from, to);
  });
}

export async function writeTo(path: string, text: string): Promise<void> {
  await orExplain(path, async () => {
    await mkdir(dirname(resolve(path)), { recursive: true });
    await writeFile(path, text);
  });
}

async function orExplain(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new SegmentryError(
      `cannot write ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      'usage',
    );
  }
}
