import { type Command, CommanderError } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { createProgram, withoutHelpCommand } from '../../cli/program.js';
import { Sandbox } from '../e2e/sandbox.js';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

const COMMANDS: readonly (readonly string[])[] = [
  [],
  ['run'],
  ['check'],
  ['replay'],
  ['report'],
  ['status'],
  ['watch'],
  ['cancel'],
  ['worker'],
  ['dev'],
  ['schedule', 'create'],
  ['schedule', 'list'],
  ['schedule', 'show'],
  ['schedule', 'pause'],
  ['schedule', 'resume'],
  ['schedule', 'trigger'],
  ['schedule', 'delete'],
  ['registry', 'list'],
  ['registry', 'add'],
  ['registry', 'alias'],
  ['audit', 'list'],
  ['audit', 'verify'],
  ['codec-server'],
];

/** What the program says to arguments that start nothing, and how it ends. */
async function answer(args: readonly string[]): Promise<{ out: string; err: string; error: unknown }> {
  const said = { out: '', err: '' };
  const words = withoutHelpCommand(args);
  const program = await createProgram(words);
  const listen = (command: Command): void => {
    command.configureOutput({ writeOut: (text) => (said.out += text), writeErr: (text) => (said.err += text) });
    command.commands.forEach(listen);
  };
  listen(program);
  const error = await program.parseAsync(words, { from: 'user' }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { ...said, error };
}

describe('the command line', () => {
  it.each(COMMANDS.map((command) => [command.join(' ') || 'itself', command] as const))(
    'explains %s with an example',
    async (_name, command) => {
      const { out, err } = await answer([...command, '--help']);
      expect(err).toBe('');
      expect(out).toMatch(/Examples?:\n {2}\$ /);
      expect(out).toContain(['  $ segmentry', ...command].join(' '));
    },
  );

  it.each([
    [['help'], 'Usage: segmentry [options] [command]'],
    [['help', 'schedule'], 'Usage: segmentry schedule '],
    [['help', 'schedule', 'list'], 'Usage: segmentry schedule list '],
    [['schedule', 'help', 'list'], 'Usage: segmentry schedule list '],
  ])('has help after the word help: %j', async (args, usage) => {
    const { out, err } = await answer(args);
    expect(err).toBe('');
    expect(out).toContain(usage);
  });

  it('has no other commands', async () => {
    const leaves = (command: Command, path: readonly string[]): (readonly string[])[] =>
      command.commands.length === 0 ? [path] : command.commands.flatMap((one) => leaves(one, [...path, one.name()]));
    expect(leaves(await createProgram(), []).sort()).toEqual(COMMANDS.slice(1).toSorted());
  });

  it.each([
    [['frobnicate'], 'frobnicate'],
    [['frobnicate', '--help'], 'frobnicate'],
    [['frobnicate', '-h'], 'frobnicate'],
    [['help', 'frobnicate'], "unknown command 'frobnicate'"],
    [['run'], 'pipeline'],
    [['run', 'pipeline.yaml', '--candidat', '2'], '--candidate'],
    [['run', 'pipeline.yaml', '--threads', 'many'], 'whole number'],
    [['report', '--format', 'pdf'], 'terminal'],
    [['schedule', 'create', 'pipeline.yaml', '--catchup', 'a while'], '"a while" is no duration'],
    [['schedule', 'frobnicate'], 'frobnicate'],
    [['schedule', 'frobnicate', '--help'], "unknown command 'frobnicate'"],
    [['registry', 'frobnicate', '-h'], "unknown command 'frobnicate'"],
    [['help', 'schedule', 'frobnicate'], "unknown command 'frobnicate'"],
    [['schedule', 'help', 'frobnicate'], 'Usage'],
    [['registry', 'alias', 'late-flight'], 'alias'],
    [[], 'Usage'],
    [['schedule'], 'Usage'],
  ] as const)('refuses %j', async (args, says) => {
    const { out, err, error } = await answer(args);
    expect(out).toBe('');
    expect(err).toContain(says);
    expect(error).toBeInstanceOf(CommanderError);
    expect((error as CommanderError).exitCode).not.toBe(0);
  });

  it('ends with 2 when it was called wrongly, not with the code of FAIL', async () => {
    const { code, stdout } = await sandbox.run(['run', 'pipeline.yaml', '--frobnicate']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('does not mind a reader that goes away', async () => {
    const command = sandbox.start(['--help']);
    command.closeStdout();
    expect(await command.finished).toMatchObject({ code: 0, stderr: '' });
  });
});
