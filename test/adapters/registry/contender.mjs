/**
 * One process of many that use a registry folder at once. Started by processes.test.ts with the folder and a task as
 * arguments; it waits for a word, so that all of them really begin together, and answers with what came of it.
 */
import process from 'node:process';
import { createRegistry } from '../../../dist/adapters/registry/create-registry.js';

const [folder, task, name] = process.argv.slice(2);
const registry = createRegistry(folder);
const by = { actor: name, reason: 'a test' };

const tasks = {
  /** All expect the same, so one can have it. */
  compete: () => registry.setAlias('m', 'serving', '2', { ...by, expect: '1', key: name }),
  /** All do the same effect, so it happens once. */
  repeat: () => registry.setAlias('m', 'serving', '2', { ...by, expect: '1', key: 'the effect' }),
  /** Each does what nobody else does, so all of it happens. */
  append: () => registry.recordVerdict('m', '1', 'PASS', { run: name, key: name }),
  /** Until killed. */
  forever: async () => {
    for (let i = 0; ; i++) await registry.setAlias('m', 'serving', String(1 + (i % 2)), { ...by, expect: undefined });
  },
};

process.once('message', () => {
  tasks[task]().then(
    (answer) => process.send({ answer: answer ?? null }, () => process.disconnect()),
    (error) => process.send({ error: String(error) }, () => process.disconnect()),
  );
});
process.send('ready');
