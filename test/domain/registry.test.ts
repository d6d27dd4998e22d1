import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aliasTarget,
  type AliasEffect,
  compareVersions,
  foldEvents,
  type ModelHistory,
  previousServing,
  registryName,
  type RegistryEvent,
  rollbackTarget,
} from '../../domain/registry.js';

type Step =
  | { readonly set: string; readonly alias?: string; readonly effect?: AliasEffect }
  | { readonly verdict: 'PASS' | 'FAIL' | 'INCONCLUSIVE'; readonly of: string };

const promote = (version: string): Step => ({ set: version, effect: 'promote' });
const rollback = (version: string): Step => ({ set: version, effect: 'rollback' });
const byHand = (version: string): Step => ({ set: version });
const verdict = (of: string, verdict: 'PASS' | 'FAIL' | 'INCONCLUSIVE'): Step => ({ verdict, of });

/** The events that a registry would have written for these steps. */
function eventsOf(steps: readonly Step[]): RegistryEvent[] {
  const aliases = new Map<string, string>();
  return steps.map((step, index) => {
    const base = { seq: index + 1, time: '2026-01-01T00:00:00.000Z', actor: 'test', previous: null };
    if ('verdict' in step) {
      return { ...base, kind: 'verdict', version: step.of, verdict: step.verdict, run: 'r', key: `k${index}` };
    }
    const alias = step.alias ?? 'serving';
    const from = aliases.get(alias) ?? null;
    aliases.set(alias, step.set);
    const effect = step.effect === undefined ? {} : { effect: step.effect };
    return { ...base, kind: 'alias-set', alias, from, to: step.set, key: null, reason: 'test', ...effect };
  });
}

const fold = (...steps: readonly Step[]): ModelHistory => foldEvents(eventsOf(steps));

const withVersions = (history: ModelHistory, versions = ['1', '2', '3', '4']) => ({
  ...history,
  versions: versions.map((version) => ({ version })),
});

describe('@previous', () => {
  it.each<[string, readonly Step[], string | null]>([
    ['nothing serves', [], null],
    ['one version served ever', [byHand('1')], null],
    ['promoted 1, 2, 3', [promote('1'), promote('2'), promote('3')], '2'],
    ['rolled back to where nothing served before', [promote('1'), promote('2'), rollback('1')], '1'],
    ['rolled back 3 to 2', [promote('1'), promote('2'), promote('3'), rollback('2')], '2'],
    ['rolled back over several versions', [promote('1'), promote('2'), promote('3'), rollback('1')], '1'],
    ['promoted 4 after a rollback', [promote('1'), promote('2'), promote('3'), rollback('2'), promote('4')], '2'],
    ['a person moved it back, which is no rollback', [promote('1'), promote('2'), byHand('1')], '2'],
    ['a person made the taken-back version serve', [promote('1'), promote('2'), rollback('1'), byHand('2')], '1'],
    [
      'what a person trusted again counts again',
      [promote('1'), promote('2'), rollback('1'), byHand('2'), promote('3')],
      '2',
    ],
    ['all that served before was taken back', [byHand('2'), rollback('1'), byHand('3'), rollback('1')], '1'],
    ['set to what it is already', [promote('1'), promote('2'), byHand('2')], '1'],
    [
      'a rollback that changes nothing takes nothing back',
      [promote('1'), promote('2'), { set: '2', effect: 'rollback' }],
      '1',
    ],
    ['other aliases do not count', [promote('1'), { set: '2', alias: 'challenger' }], null],
  ])('%s', (_, steps, expected) => {
    const history = fold(...steps);
    expect(previousServing(history)).toBe(expected);
    expect(aliasTarget(history, 'previous')).toBe(expected);
  });
});

describe('the rollback target', () => {
  it.each<[string, readonly Step[], string, string | null]>([
    ['nothing is known', [], '2', null],
    ['the version that served before', [promote('1'), promote('2')], '2', '1'],
    ['nothing served before', [promote('2')], '2', null],
    [
      'the last that passed, not the last that served',
      [verdict('1', 'PASS'), promote('1'), promote('2'), promote('3')],
      '3',
      '1',
    ],
    ['the latest PASS wins', [verdict('2', 'PASS'), verdict('1', 'PASS'), promote('2'), promote('3')], '3', '1'],
    ['the candidate itself passed once', [promote('1'), promote('2'), verdict('2', 'PASS')], '2', '1'],
    [
      'a PASS that a later FAIL contradicts',
      [promote('1'), verdict('2', 'PASS'), verdict('2', 'FAIL'), promote('3')],
      '3',
      '1',
    ],
    ['a FAIL that a later PASS contradicts', [verdict('2', 'FAIL'), verdict('2', 'PASS'), promote('3')], '3', '2'],
    ['INCONCLUSIVE contradicts nothing', [verdict('2', 'PASS'), verdict('2', 'INCONCLUSIVE'), promote('3')], '3', '2'],
    [
      'what was taken back is no way out, though it passed',
      [verdict('2', 'PASS'), promote('1'), promote('2'), rollback('1'), promote('3')],
      '3',
      '1',
    ],
    ['what served before failed', [promote('1'), promote('2'), verdict('2', 'FAIL'), promote('3')], '3', '1'],
    ['all that served before failed', [promote('2'), verdict('2', 'FAIL'), promote('3')], '3', null],
    ['what served after the candidate does not count', [promote('2'), promote('3')], '2', null],
    ['a candidate that never served', [promote('1')], '4', null],
    ['a version that is gone', [promote('1'), verdict('9', 'PASS'), promote('2')], '2', '1'],
  ])('%s', (_, steps, candidate, expected) => {
    expect(rollbackTarget(withVersions(fold(...steps)), candidate)).toBe(expected);
  });
});

describe('the fold', () => {
  const version = fc.constantFrom('1', '2', '3', '4');
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ set: version, alias: fc.constantFrom('serving', 'serving', 'challenger') }),
    fc.record({
      set: version,
      alias: fc.constantFrom('serving', 'serving', 'challenger'),
      effect: fc.constantFrom<AliasEffect>('rollback', 'promote'),
    }),
    fc.record({ verdict: fc.constantFrom('PASS' as const, 'FAIL' as const, 'INCONCLUSIVE' as const), of: version }),
  );
  const steps = fc.array(step, { maxLength: 30 });

  it('knows for each alias the last target, and the serving one is the last that served', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const history = fold(...list);
        const last: Record<string, string> = {};
        for (const one of list) if ('set' in one) last[one.alias ?? 'serving'] = one.set;
        expect(history.aliases).toEqual(last);
        expect(history.served.at(-1)?.version).toBe(last['serving']);
      }),
    );
  });

  it('never has the same version twice in a row among those that served', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { served } = fold(...list);
        for (let i = 1; i < served.length; i++) expect(served[i]!.version).not.toBe(served[i - 1]!.version);
      }),
    );
  });

  it('trusts what serves: it is never among what was taken back, nor is @previous', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const history = fold(...list);
        const previous = previousServing(history);
        expect(history.takenBack).not.toContain(history.served.at(-1)?.version);
        expect(history.takenBack).not.toContain(previous);
        if (previous !== null) expect(history.served.map((one) => one.version)).toContain(previous);
      }),
    );
  });

  it('lets verdicts change nothing but verdicts', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const all = fold(...list);
        const without = fold(...list.filter((one) => 'set' in one));
        expect(all.aliases).toEqual(without.aliases);
        expect(all.takenBack).toEqual(without.takenBack);
        expect(previousServing(all)).toBe(previousServing(without));
        expect(all.verdicts.length).toBe(list.filter((one) => 'verdict' in one).length);
      }),
    );
  });

  it('never rolls back to the candidate, to what was taken back, to what failed last or to what is gone', () => {
    let found = 0;
    fc.assert(
      fc.property(steps, version, fc.subarray(['1', '2', '3', '4']), (list, candidate, there) => {
        const history = fold(...list);
        const target = rollbackTarget(withVersions(history, there), candidate);
        if (target === null) return;
        found++;
        expect(target).not.toBe(candidate);
        expect(history.takenBack).not.toContain(target);
        expect(there).toContain(target);
        const decisive = history.verdicts.findLast((one) => one.version === target && one.verdict !== 'INCONCLUSIVE');
        expect(decisive?.verdict).not.toBe('FAIL');
      }),
    );
    expect(found).toBeGreaterThan(0);
  });

  it('after a rollback to a proven target, never rolls back to the version that was taken back', () => {
    let found = 0;
    fc.assert(
      fc.property(steps, (list) => {
        const before = fold(...list);
        const bad = before.served.at(-1)?.version;
        const target = bad === undefined ? null : rollbackTarget(withVersions(before), bad);
        if (bad === undefined || target === null) return;
        found++;
        const after = fold(...list, rollback(target));
        expect(previousServing(after)).toBe(target);
        expect(rollbackTarget(withVersions(after), target)).not.toBe(bad);
      }),
    );
    expect(found).toBeGreaterThan(0);
  });
});

describe('names', () => {
  it.each(['late-flight', 'v1.2_3', '2024-01-31', 'A'])('accepts %s', (name) => {
    expect(registryName(name, 'model')).toBe(name);
  });

  it.each(['', '.', '..', '../x', 'a/b', 'a\\b', '-rf', '.hidden', 'a b', 'é', 'a\0', 'a\n', 'x'.repeat(129)])(
    'refuses %j',
    (name) => {
      expect(() => registryName(name, 'version')).toThrow(/cannot name a version/);
    },
  );

  it('takes no inherited property for an alias', () => {
    expect(aliasTarget(fold(), 'constructor')).toBeNull();
    expect(aliasTarget(fold({ set: '1', alias: 'constructor' }), 'constructor')).toBe('1');
  });

  it('orders versions as people count', () => {
    expect(['10', '9', '1', '2024-02', 'v2', '01'].sort(compareVersions)).toEqual([
      '01',
      '1',
      '9',
      '10',
      '2024-02',
      'v2',
    ]);
  });
});
