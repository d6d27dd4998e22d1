/** What a run found, printed and written where the command was told to. */
import { resolve } from 'node:path';
import type { ArtifactStore } from '../adapters/artifact-store/index.js';
import { readResult } from '../adapters/result-file/schema.js';
import { SegmentryError } from '../domain/errors.js';
import { RESULT_FILE, type Result } from '../domain/result.js';
import { renderTerminal } from '../report/terminal.js';
import { copyTo, writeTo } from './output-file.js';
import { print, stdoutColor, terminalWidth } from './output.js';

export interface ResultFlags {
  /** Write result.json there; "-" is stdout, and then nothing else is printed there. */
  readonly json?: string;
  /** Write the HTML report there. */
  readonly report?: string;
}

/** A run's result.json as it lies in the store; what it says is read where somebody wants to know. */
export interface StoredResult {
  readonly text: string;
  read(): Result;
}

export async function loadResult(store: ArtifactStore, run: string): Promise<StoredResult> {
  const bytes = await store.readRunFile(run, RESULT_FILE);
  if (bytes === null) {
    throw new SegmentryError(
      `${store.uri} has no result of the run ${run}; was it made with another store? (--store, SEGMENTRY_STORE)`,
      'infrastructure',
    );
  }
  const text = new TextDecoder().decode(bytes);
  return { text, read: () => readStored(text, run, store) };
}

/** @throws SegmentryError (infrastructure): no command and no pipeline is wrong, but a file of the store is */
function readStored(text: string, run: string, store: ArtifactStore): Result {
  try {
    return readResult(text);
  } catch (error) {
    if (!(error instanceof SegmentryError)) throw error;
    throw new SegmentryError(
      `${RESULT_FILE} of the run ${run} in ${store.uri} cannot be used: ${error.message}. Restore it from a copy of the store, or read it with the version that wrote it`,
      'infrastructure',
    );
  }
}

/** The same run as another request sees it, which did something else about it, or nothing. */
export function withActions(stored: StoredResult, actions: Result['actions']): StoredResult {
  const result = { ...stored.read(), actions };
  return { text: JSON.stringify(result, null, 2), read: () => result };
}

export async function showResult(
  stored: StoredResult,
  flags: ResultFlags,
  links: { readonly result: string; readonly report: string; readonly ui: string | null },
): Promise<void> {
  if (flags.report !== undefined) await copyTo(links.report, flags.report);
  if (flags.json === '-') {
    print(stored.text);
    return;
  }
  if (flags.json !== undefined) await writeTo(flags.json, stored.text);
  print(
    renderTerminal(stored.read(), {
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
