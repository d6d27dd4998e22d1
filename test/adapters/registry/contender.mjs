/**
 * One process of many that use a registry folder at once. Started by processes.test.ts with a name; it says when it is
 * ready, and then does each task that it is sent, so that all of them really begin together.
 */
import process from 'node:process';
import { createRegistry } from '../../../dist/adapters/registry/create-registry.js';

const [name] = process.argv.slice(2);
const by = { actor: name, reason: 'a test' };

const tasks = {
  /** All expect the same, so one can have it. */
  compete: (registry) => registry.setAlias('m', 'serving', '2', { ...by, expect: '1', key: name }),
  /** All do the same effect, so it happens once. */
  repeat: (registry) => registry.setAlias('m', 'serving', '2', { ...by, expect: '1', key: 'the effect' }),
  /** Each does what nobody else does, so all of it happens. */
  append: (registry) => registry.recordVerdict('m', '1', 'PASS', { run: name, key: name }),
  /** Until killed. */
  forever: async (registry) => {
    for (let i = 0; ; i++) await registry.setAlias('m', 'serving', String(1 + (i % 2)), { ...by, expect: undefined });
  },
};

process.on('message', ({ folder, task }) => {
  tasks[task](createRegistry(folder)).then(
    (answer) => process.send({ answer: answer ?? null }),
    (error) => process.send({ error: String(error) }),
  );
});
process.send('ready');
