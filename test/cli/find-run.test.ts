import type { Client } from '@temporalio/client';
import { expect, it } from 'vitest';
import { findRun } from '../../cli/find-run.js';

/** A service that has these runs. */
function having(...runs: readonly string[]): Client {
  const list = () =>
    (async function* () {
      for (const workflowId of runs) yield await Promise.resolve({ workflowId });
    })();
  return { workflow: { list } } as unknown as Client;
}

it('the beginning of several runs is told with some of them, and that there are more', async () => {
  await expect(findRun(having('a.1', 'a.2'), 'a.')).rejects.toThrow(/could be a\.1, a\.2$/);
  const many = ['a.1', 'a.2', 'a.3', 'a.4', 'a.5'];
  await expect(findRun(having(...many), 'a.')).rejects.toThrow(/could be a\.1, .*a\.5$/);
  await expect(findRun(having(...many, 'a.6', 'a.7'), 'a.')).rejects.toThrow(/could be a\.1, .*a\.5 and more$/);
});
