/** One process of many that write to an audit log at once. Started by processes.test.ts with the store and its name. */
import process from 'node:process';
import { createAuditLog } from '../../../dist/adapters/audit-log/index.js';

const [store, name] = process.argv.slice(2);
const log = createAuditLog(store);
const deed = (key) => ({ actor: name, action: 'run-started', subject: 'a test', run: null, details: {}, key });

const tasks = {
  /** The first half is the same in all processes, the second half is everybody's own. */
  record: async (count) => {
    for (let i = 0; i < count; i++) await log.record(deed(i < count / 2 ? `shared ${i}` : `${name} ${i}`));
  },
  /** Until killed. */
  forever: async () => {
    for (let i = 0; ; i++) await log.record(deed(`${name} ${i}`));
  },
};

process.on('message', ({ task, count }) => {
  tasks[task](count).then(
    () => process.send({}),
    (error) => process.send({ error: String(error) }),
  );
});
process.send('ready');
