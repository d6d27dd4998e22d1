import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { StageProgress } from '../../activities/contract.js';
import { createProgressDisplay } from '../../cli/progress-display.js';

const MEASURE = { stage: 'measure', done: 85, total: 91, unit: 'segments', note: null, seconds: 1.2 } as const;

let said: string;
const { isTTY } = process.stderr;
beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = isTTY;
});

/** Without a terminal, a line an event. */
async function logged(stage: StageProgress): Promise<string> {
  process.stderr.isTTY = false;
  const display = createProgressDisplay();
  display.update({ title: 'a run', stages: [stage] });
  await display.end();
  return said;
}

it.each([
  ['done', '91 segments', 'measure  91 segments (1.2 s)\n'],
  ['skipped', 'the data are not valid', 'measure  skipped the data are not valid (1.2 s)\n'],
  ['cancelled', null, 'measure  cancelled 85 of 91 segments (93 %)\n'],
  ['failed', null, 'measure  FAILED 85 of 91 segments (93 %)\n'],
] as const)('of a stage that is %s a log says so in a line', async (state, note, line) => {
  expect(await logged({ ...MEASURE, state, note })).toBe(line);
});
