/**
 * Loaded into a worker before everything else (`--import`): at one point of the rollback it lets another process change the
 * alias, and the worker waits for it. The files are the worker's real ones; only the moment is arranged.
 */
import { execFileSync } from 'node:child_process';
import promises from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { AliasPoint } from './aliases.js';

const point = process.env['FAULT_POINT'] as AliasPoint | undefined;
const command = JSON.parse(process.env['FAULT_COMMAND'] ?? '[]') as string[];
let decided = false;
let fired = false;

function person(at: AliasPoint): void {
  if (fired || at !== point) return;
  fired = true;
  // Without the hook: this is another program's process.
  const env = { ...process.env, NODE_OPTIONS: '', FAULT_POINT: '' };
  execFileSync(process.execPath, command, { env, stdio: 'ignore' });
}

const { link, rename } = promises;

promises.link = async (from, to) => {
  const text = String(to).includes('/events/') ? readFileSync(from, 'utf8') : '';
  const rollback = text.includes('"effect"') && text.includes('"rollback"');
  if (rollback) person('between compare and set');
  await link(from, to);
  if (rollback) person('between set and read-back');
  if (text.includes('"verdict"') && !rollback) {
    decided = true;
    person('before the intent');
  }
};

promises.rename = async (from, to) => {
  // The first artifact after the verdict is the rollback's target, which is proven before the compare-and-set.
  if (decided && String(to).includes('/blobs/')) person('before the compare-and-set');
  await rename(from, to);
};

syncBuiltinESMExports();
