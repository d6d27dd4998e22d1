/**
 * A command that uses the dev server of the folder in its first argument: says what it got, stays until it is told to
 * end (a line on stdin), is interrupted, or is killed. Used by dev-server.test.ts, from the build, as a real command would.
 */
import { acquireDevServer } from '../../dist/workers/dev-server/index.js';
import { connectClient, targetOfDevServer } from '../../dist/workers/connection.js';

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const server = await acquireDevServer({
  folder: process.argv[2],
  ui: process.argv[3] !== 'headless',
  onStep: (step) => say({ step }),
});

process.on('SIGINT', async () => {
  // What a command does on Ctrl-C needs the server: it must still be there.
  const client = await connectClient(targetOfDevServer(server));
  await client.workflowService.getSystemInfo({});
  await client.connection.close();
  say({ finished: 'cleanly' });
  process.exit(130);
});
// Not a call to process.exit: the held server must not keep the command alive.
process.stdin.once('data', () => process.stdin.destroy());

const { address, uiUrl, started } = server;
say({ address, uiUrl, started });
