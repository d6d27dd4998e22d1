/**
 * What a model registry's event log means. The log is the truth: which version an alias names, what served before, what
 * was taken back and what passed are all folded from it, here, without a clock or a file.
 */
import { nearest } from './nearest.js';
import type { Decision } from './result.js';
import { SegmentryError } from './errors.js';

/** The alias of the version that answers requests. */
export const SERVING = 'serving';

/** The alias that nobody sets: it follows from what served. See {@link previousServing}. */
export const PREVIOUS = 'previous';

/** Why an alias was moved, where a run moved it. */
export type AliasEffect = 'rollback' | 'promote';

interface EventBase {
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC. For people: order is by `seq`. */
  readonly time: string;
  /** Who did it: a person, or the run that acted. */
  readonly actor: string;
  /** SHA-256 of the bytes of the event before, null for the first: a later change of the log shows. */
  readonly previous: string | null;
}

export interface VersionAdded extends EventBase {
  readonly kind: 'version-added';
  readonly version: string;
  readonly sha256: string;
}

export interface AliasSet extends EventBase {
  readonly kind: 'alias-set';
  readonly alias: string;
  /** What the alias named before, null when there was none. */
  readonly from: string | null;
  readonly to: string;
  /** Same key, same effect: a second event with one key is never written. Null when a person set the alias. */
  readonly key: string | null;
  readonly reason: string;
  readonly run?: string;
  readonly effect?: AliasEffect;
}

export interface VerdictRecorded extends EventBase {
  readonly kind: 'verdict';
  readonly version: string;
  readonly verdict: Decision['verdict'];
  readonly run: string;
  readonly key: string;
}

export type RegistryEvent = VersionAdded | AliasSet | VerdictRecorded;

export interface Serving {
  readonly version: string;
  /** Of the event that made it serve. */
  readonly seq: number;
  readonly time: string;
  readonly effect: AliasEffect | null;
}

export interface RecordedVerdict {
  readonly version: string;
  readonly verdict: Decision['verdict'];
  readonly run: string;
  readonly seq: number;
  readonly time: string;
}

/** What the events of one model add up to. */
export interface ModelHistory {
  readonly aliases: Readonly<Record<string, string>>;
  /** What served, oldest first; the last one serves now. Setting `serving` to what it names already is no change. */
  readonly served: readonly Serving[];
  readonly verdicts: readonly RecordedVerdict[];
  /** Versions that a rollback took out of service, and that nobody made serve again since. */
  readonly takenBack: readonly string[];
}

/** The state after these events, which are in order of `seq`. */
export function foldEvents(events: Iterable<RegistryEvent>): ModelHistory {
  const aliases = new Map<string, string>();
  const served: Serving[] = [];
  const verdicts: RecordedVerdict[] = [];
  const takenBack = new Set<string>();
  for (const event of events) {
    if (event.kind === 'verdict') {
      const { version, verdict, run, seq, time } = event;
      verdicts.push({ version, verdict, run, seq, time });
    } else if (event.kind === 'alias-set') {
      const from = aliases.get(event.alias);
      aliases.set(event.alias, event.to);
      if (event.alias !== SERVING || from === event.to) continue;
      if (event.effect === 'rollback' && from !== undefined) takenBack.add(from);
      // Whoever makes a version serve again, after it was taken back, has judged it again.
      takenBack.delete(event.to);
      served.push({ version: event.to, seq: event.seq, time: event.time, effect: event.effect ?? null });
    }
  }
  return { aliases: Object.fromEntries(aliases), served, verdicts, takenBack: [...takenBack] };
}

/**
 * What `@previous` names: the version to compare the serving one with.
 *
 * - It is the version that served last before the present one, leaving out versions that a rollback took back.
 * - While a rollback is the last change of `serving`, it is the serving version itself: what came after it is not
 *   trusted, and a daily guard then compares the version with itself rather than with a bad one, and does not fail.
 * - When nothing served before, it is null: it names nothing.
 *
 * So after promoting 1, 2, 3 it is 2; after rolling 3 back to 2 it is 2; after promoting 4 it is 2 still.
 */
export function previousServing(history: Pick<ModelHistory, 'served' | 'takenBack'>): string | null {
  const now = history.served.at(-1);
  if (now === undefined) return null;
  if (now.effect === 'rollback') return now.version;
  return lastServed(history.served, (version) => version !== now.version && !history.takenBack.includes(version));
}

/** What an alias names, `previous` included; null when it names nothing. */
export function aliasTarget(history: ModelHistory, alias: string): string | null {
  if (alias === PREVIOUS) return previousServing(history);
  // An alias may be called "constructor": look at own keys only.
  return Object.hasOwn(history.aliases, alias) ? history.aliases[alias]! : null;
}

/**
 * Where a rollback of `candidate` goes: the version that passed last or, when none did, the one that served before
 * the candidate did (when it served several times: the latest of them). Never a version that is the candidate itself, that was taken back, whose
 * most recent PASS or FAIL is a FAIL, or that is not in the registry any more. Null when there is none: then nothing is
 * rolled back, because a version that nobody vouches for is no way out.
 */
export function rollbackTarget(
  state: Pick<ModelHistory, 'served' | 'verdicts' | 'takenBack'> & {
    readonly versions: readonly { readonly version: string }[];
  },
  candidate: string,
): string | null {
  const decisive = new Map<string, string>();
  for (const { version, verdict } of state.verdicts) if (verdict !== 'INCONCLUSIVE') decisive.set(version, verdict);
  const trusted = (version: string): boolean =>
    version !== candidate &&
    !state.takenBack.includes(version) &&
    decisive.get(version) !== 'FAIL' &&
    state.versions.some((known) => known.version === version);
  const passed = state.verdicts.findLast(({ version, verdict }) => verdict === 'PASS' && trusted(version));
  if (passed !== undefined) return passed.version;
  const last = state.served.findLastIndex(({ version }) => version === candidate);
  return lastServed(state.served.slice(0, Math.max(last, 0)), trusted);
}

/**
 * Why a run that passed must not make its version serve: what is known of it is newer than the run's verdict. An old verdict stands when it
 * is asked for again, and a rollback since then is not undone by it.
 *
 * @param run that asks; its verdict is recorded
 * @returns in one sentence without its end; null where nothing is in the way
 */
export function promotionRefused(history: ModelHistory, version: string, run: string): string | null {
  if (history.takenBack.includes(version))
    return `version ${version} was taken back after it had served, and stays so until somebody makes it serve again`;
  const last = history.verdicts.findLast((one) => one.version === version && one.verdict !== 'INCONCLUSIVE');
  if (last === undefined || last.run === run || last.verdict !== 'FAIL') return null;
  return `version ${version} failed since, in the run ${last.run}`;
}

/** The key of an effect: it is done once for a version, whatever runs there are. */
export function effectKey(model: string, version: string, action: AliasEffect): string {
  return `${model}/${version}/${action}`;
}

/**
 * The key of a rollback of a version. A version that was taken back and serves again by a person's decision keeps its key, so that the decision
 * stands. Where Segmentry itself made it serve again, as the target of another rollback or by a promotion, that is another period of serving
 * with a key of its own: otherwise the version that a rollback chose could never be taken back.
 *
 * @param events of the model
 */
export function rollbackKey(
  model: string,
  events: readonly RegistryEvent[],
  { served }: Pick<ModelHistory, 'served'>,
  version: string,
): string {
  const key = effectKey(model, version, 'rollback');
  const period = served.at(-1);
  const isUsed = events.some((event) => event.kind === 'alias-set' && event.key === key);
  return isUsed && period?.version === version && period.effect !== null ? `${key}/${period.seq}` : key;
}

function lastServed(served: readonly Serving[], wanted: (version: string) => boolean): string | null {
  return served.findLast(({ version }) => wanted(version))?.version ?? null;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Returns `name` when it may name a model, a version or an alias. Names become parts of paths and of commands, so what
 * could lead elsewhere is refused.
 */
export function registryName(name: string, what: 'model' | 'version' | 'alias'): string {
  // Whatever a script over the built package passes.
  if (typeof name === 'string' && NAME.test(name)) return name;
  const shown = JSON.stringify(name).slice(0, 140);
  throw new SegmentryError(
    `${shown} cannot name ${what === 'alias' ? 'an' : 'a'} ${what}: use 1 to 128 letters, digits, ".", "_" and "-", beginning with a letter or digit.`,
    'usage',
  );
}

const numberAware = new Intl.Collator('en', { numeric: true });

/** 2 before 10, and "2024-01" before "2024-02"; of equal ones ("1", "01") the same one is always first. */
export function compareVersions(a: string, b: string): number {
  return numberAware.compare(a, b) || (a < b ? -1 : Number(a > b));
}

/** ` Did you mean "3"?`, or nothing when no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>, prefix = ''): string {
  const meant = nearest(name, candidates);
  return meant === null ? '' : ` Did you mean "${prefix}${meant}"?`;
}
