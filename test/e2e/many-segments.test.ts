import { afterAll, describe, expect, it } from 'vitest';
import { runManySegments } from '../../bench/many-segments/real-run.js';
import { Sandbox } from './sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

/** Temporal warns of payloads above this, and refuses those of eight times as much. */
const LARGE_PAYLOAD = 256 * 1024;

/** Temporal suggests to continue as new from here on. */
const LONG_HISTORY = 4_096;

describe('a run over 10,000 segments with long names', { timeout: 240_000 }, () => {
  // The rest is measured: `npm run bench:many-segments`.
  it('judges each of them, in a history that is short and with payloads that are small', async () => {
    const { result, histories } = await runManySegments(sandbox, { segments: 10_000, rowsPerSegment: 2, threads: 2 });
    expect(result.verdict).toBe('PASS');
    expect(result.segments).toHaveLength(10_001);
    expect(result.checks).toHaveLength(10_001);
    expect(histories.map(({ type }) => type).sort()).toEqual(['evaluateModel', 'requestEvaluation']);
    for (const { largestPayload, events } of histories) {
      expect(largestPayload).toBeLessThan(LARGE_PAYLOAD);
      expect(events).toBeLessThan(LONG_HISTORY);
    }
  });
});
