import { expect, it } from 'vitest';
import { typedCommand, watchCommand } from '../../cli/typed-command.js';

const RUN = 'fraud.2.104241d4a988';

it('a command is told so that a shell reads the same words', () => {
  expect(typedCommand(['run', 'my pipeline.yaml', '--store=/a/b', '--candidate', '@serving', ''])).toBe(
    `segmentry run 'my pipeline.yaml' --store=/a/b --candidate @serving ''`,
  );
  expect(typedCommand(['run', "a'b", '$HOME', '~', 'a;b'])).toBe(`segmentry run 'a'\\''b' '$HOME' '~' 'a;b'`);
});

it('the command that follows a run looks for it where this one did', () => {
  expect(watchCommand(RUN, ['run', 'p.yaml', '--candidate', '2'])).toBe(`segmentry watch ${RUN}`);
  const words = [
    'run',
    '--address',
    'temporal:7233',
    'p.yaml',
    '--no-act',
    '--namespace=models',
    '--store',
    'my store',
  ];
  expect(watchCommand(RUN, words)).toBe(
    `segmentry watch ${RUN} --address temporal:7233 --namespace=models --store 'my store'`,
  );
});
