/**
 * `aliases.json`: the aliases of a model in one file, for people and deploy scripts. It is a view of the event log, written
 * anew after each event, and never what Segmentry decides by. But somebody may take it for a setting and edit it, and what
 * a person did must not be undone in silence: an edit is detected and reported.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { aliasTarget, foldEvents, PREVIOUS, type RegistryEvent } from '../../domain/registry.js';
import { writeDurably } from '../artifact-store/durable-files.js';
import { errorCode, explained, ifPresent } from '../artifact-store/io-errors.js';

const VIEW_FORMAT = 'segmentry/aliases/v1';
const NOTE =
  'A view of the events folder, written by Segmentry. To change an alias: segmentry registry alias MODEL ALIAS VERSION';

const View = z.object({
  format: z.literal(VIEW_FORMAT),
  seq: z.int().nonnegative(),
  aliases: z.record(z.string(), z.string()),
});

/** What the file says: null when it is missing, a string saying why when it cannot be understood. */
export type AliasView = z.infer<typeof View> | string | null;

export function viewPath(folder: string): string {
  return join(folder, 'aliases.json');
}

/** Read this before the log: then the log holds every event that the view was made of. */
export async function readView(folder: string): Promise<AliasView> {
  let text: string | null;
  try {
    text = await ifPresent(() => readFile(viewPath(folder), 'utf8'));
  } catch (error) {
    return `it cannot be read (${errorCode(error) ?? String(error)})`;
  }
  if (text === null) return null;
  try {
    const read = View.safeParse(JSON.parse(text));
    return read.success ? read.data : 'it does not have the form in which Segmentry wrote it';
  } catch {
    return 'it is not JSON';
  }
}

/**
 * What somebody changed in the view by hand: alias to what they wrote, null where they took it out. The view says of how
 * many events it was made, so that it is compared with exactly those: a view that is merely behind is no edit.
 */
export function editedAliases(view: AliasView, events: readonly RegistryEvent[]): Map<string, string | null> {
  if (view === null || typeof view === 'string' || view.seq > events.length) return new Map();
  const expected = foldEvents(events.slice(0, view.seq)).aliases;
  const names = new Set([...Object.keys(expected), ...Object.keys(view.aliases)]);
  names.delete(PREVIOUS);
  const own = (aliases: Readonly<Record<string, string>>, name: string): string | null =>
    Object.hasOwn(aliases, name) ? aliases[name]! : null;
  return new Map(
    [...names]
      .filter((name) => own(expected, name) !== own(view.aliases, name))
      .map((name) => [name, own(view.aliases, name)]),
  );
}

/** Why the view cannot be what Segmentry last wrote, in words; null when nothing speaks against it. */
export function viewWarning(folder: string, view: AliasView, events: readonly RegistryEvent[]): string | null {
  const path = viewPath(folder);
  const remedy = 'The events folder counts; `segmentry registry alias` changes an alias and writes the file anew.';
  if (typeof view === 'string') return `${path} is not as Segmentry wrote it: ${view}. ${remedy}`;
  if (view !== null && view.seq > events.length) {
    return `${path} was made of ${view.seq} events, and the log has ${events.length}: events were deleted. Restore them.`;
  }
  const edits = [...editedAliases(view, events)].map(
    ([alias, to]) => `"${alias}" is ${to === null ? 'taken out' : `set to "${to}"`}`,
  );
  return edits.length === 0 ? null : `${path} was changed by hand: ${edits.join(', ')}. ${remedy}`;
}

/**
 * Writes the view of the whole log. Of two that write at once, the one with the older log may come last; whoever finds the
 * log longer after writing than before writes again, so the last view written is always one of the whole log.
 */
export async function writeView(
  folder: string,
  model: string,
  read: () => Promise<readonly RegistryEvent[]>,
): Promise<void> {
  const path = viewPath(folder);
  let events = await read();
  for (;;) {
    const history = foldEvents(events);
    const previous = aliasTarget(history, PREVIOUS);
    const aliases = { ...history.aliases, ...(previous === null ? {} : { [PREVIOUS]: previous }) };
    const view = { format: VIEW_FORMAT, note: NOTE, model, seq: events.length, aliases };
    await explained('write', path, () => writeDurably(path, `${JSON.stringify(view, null, 2)}\n`));
    const written = events.length;
    events = await read();
    if (events.length === written) return;
  }
}
