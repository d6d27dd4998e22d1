/** The compare of the compare-and-set of an alias: a pure decision on the log as it was read. */
import { aliasTarget, foldEvents, type AliasSet, type RegistryEvent } from '../../domain/registry.js';
import type { AliasChange, SetAlias } from './registry.js';

export interface AliasDecision {
  readonly change: Omit<AliasChange, 'warning'>;
  /** To be written for the change to hold; null when there is nothing to write. */
  readonly event: Omit<AliasSet, 'seq' | 'time' | 'previous'> | null;
}

/**
 * @param edited whether a person wrote another target into the alias view: what they wrote, or null for taken out;
 * undefined when nobody did. Only a person's own command (nothing expected) goes over that.
 */
export function decideAlias(
  events: readonly RegistryEvent[],
  edited: string | null | undefined,
  alias: string,
  to: string,
  options: SetAlias,
): AliasDecision {
  const { expect, key, actor, reason, run, effect } = options;
  const sets = events.filter((event) => event.kind === 'alias-set');
  // The key comes first: a retry of what was done must not call its own work a conflict.
  const same = key === undefined ? undefined : sets.find((event) => event.key === key);
  if (same !== undefined) {
    return { change: { outcome: 'already', from: same.from, to: same.to, seq: same.seq }, event: null };
  }
  const from = aliasTarget(foldEvents(events), alias);
  if (expect !== undefined && (edited !== undefined || from !== expect)) {
    const now = edited === undefined ? from : edited;
    return { change: { outcome: 'conflict', from: now, to, seq: events.length }, event: null };
  }
  // With a key it is written all the same: a later retry must find it, wherever the alias points by then.
  if (key === undefined && from === to) {
    const seq = sets.findLast((event) => event.alias === alias)?.seq ?? events.length;
    return { change: { outcome: 'already', from, to, seq }, event: null };
  }
  const why = { ...(run === undefined ? {} : { run }), ...(effect === undefined ? {} : { effect }) };
  return {
    change: { outcome: 'done', from, to, seq: events.length + 1 },
    event: { kind: 'alias-set', actor, alias, from, to, key: key ?? null, reason, ...why },
  };
}
