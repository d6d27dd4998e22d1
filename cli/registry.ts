/** `segmentry registry`: models, versions and what their aliases name. */
import { userInfo } from 'node:os';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { createRegistry } from '../adapters/registry/create-registry.js';
import type { ModelMetadata } from '../adapters/registry/registry.js';
import { PREVIOUS, previousServing } from '../domain/registry.js';
import { SegmentryError } from '../domain/errors.js';
import { EXIT } from './exit-codes.js';
import { examples } from './global-options.js';
import { print, say } from './output.js';

interface RegistryFlags {
  readonly registry: string;
}

const DEFAULT_REGISTRY = './registry';

export function registerRegistry(program: Command): void {
  const registry = program.command('registry').description('models, versions and aliases of a registry folder');
  const option = (command: Command): Command => command.option('--registry <folder>', 'the registry', DEFAULT_REGISTRY);

  examples(
    option(registry.command('list'))
      .description('models and versions, what the aliases name and what happened')
      .argument('[model]', 'only this model, with its events')
      .action(async (model: string | undefined, flags: RegistryFlags) => {
        process.exitCode = await listModels(model, flags);
      }),
    ['segmentry registry list', 'segmentry registry list late-flight --registry examples/flight-delays/registry'],
  );
  examples(
    option(registry.command('add'))
      .description('add a version')
      .argument('<model>', 'name of the model; it is made when it is new')
      .argument('<file>', 'ONNX file')
      .option('--as <version>', 'version (default: the next number)')
      .option('--description <text>', 'what is new')
      .option('--metadata <file>', 'JSON with task, features, classes, positive and whatever else is to be kept')
      .action(async (model: string, file: string, flags: RegistryFlags & AddFlags) => {
        process.exitCode = await add(model, file, flags);
      }),
    ['segmentry registry add late-flight model.onnx --description "trained on 2013"'],
  );
  examples(
    option(registry.command('alias'))
      .description('point an alias at a version')
      .argument('<model>', 'name of the model')
      .argument('<alias>', 'alias, such as serving')
      .argument('<version>', 'version')
      .option('--expect <version>', 'only if the alias names this version now; "none" for an alias that is not set')
      .option('--reason <text>', 'why, for the log', 'set by hand')
      .action(async (model: string, alias: string, version: string, flags: RegistryFlags & AliasFlags) => {
        process.exitCode = await setAlias(model, alias, version, flags);
      }),
    ['segmentry registry alias late-flight serving 2', 'segmentry registry alias late-flight serving 2 --expect 1'],
  );
}

async function listModels(only: string | undefined, flags: RegistryFlags): Promise<number> {
  const registry = createRegistry(flags.registry);
  const models = only === undefined ? await registry.models() : [only];
  if (models.length === 0) say(`no models in ${registry.uri}`);
  for (const model of models) {
    const state = await registry.describe(model);
    print(model);
    const aliases = {
      ...state.aliases,
      ...(previousServing(state) === null ? {} : { [PREVIOUS]: previousServing(state) }),
    };
    for (const { version, metadata, problem } of state.versions) {
      const named = Object.entries(aliases).flatMap(([alias, target]) => (target === version ? [`@${alias}`] : []));
      const notes = [
        ...named,
        state.takenBack.includes(version) ? 'taken back' : '',
        problem ?? '',
        metadata.description ?? '',
      ];
      print(`  ${version.padEnd(6)} ${notes.filter((note) => note !== '').join('  ')}`.trimEnd());
    }
    for (const warning of state.warnings) say(`  warning: ${warning}`);
    if (only === undefined) continue;
    print('events');
    for (const event of state.events) {
      const what =
        event.kind === 'alias-set'
          ? `@${event.alias}: ${event.from ?? 'nothing'} -> ${event.to}${event.effect === undefined ? '' : ` (${event.effect})`}; ${event.reason}`
          : event.kind === 'verdict'
            ? `version ${event.version}: ${event.verdict}, run ${event.run}`
            : `version ${event.version} added`;
      print(`  ${String(event.seq).padStart(4)}  ${event.time}  ${event.actor}  ${what}`);
    }
  }
  return EXIT.pass;
}

interface AddFlags {
  readonly as?: string;
  readonly description?: string;
  readonly metadata?: string;
}

async function add(model: string, file: string, flags: RegistryFlags & AddFlags): Promise<number> {
  const registry = createRegistry(flags.registry);
  const version = await registry.addVersion(model, file, {
    actor: userInfo().username,
    ...(flags.as === undefined ? {} : { version: flags.as }),
    ...(flags.description === undefined ? {} : { description: flags.description }),
    ...(flags.metadata === undefined ? {} : { metadata: await readMetadata(flags.metadata) }),
  });
  print(version.version);
  say(`${model} version ${version.version} is in ${registry.uri}`);
  return EXIT.pass;
}

async function readMetadata(file: string): Promise<ModelMetadata> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ModelMetadata;
  } catch (error) {
    throw new SegmentryError(`--metadata ${file}: ${(error as Error).message}`, 'usage');
  }
}

interface AliasFlags {
  readonly expect?: string;
  readonly reason: string;
}

async function setAlias(
  model: string,
  alias: string,
  version: string,
  flags: RegistryFlags & AliasFlags,
): Promise<number> {
  const registry = createRegistry(flags.registry);
  const change = await registry.setAlias(model, alias, version, {
    expect: flags.expect === 'none' ? null : flags.expect,
    actor: userInfo().username,
    reason: flags.reason,
  });
  if (change.warning !== null) say(`warning: ${change.warning}`);
  if (change.outcome === 'conflict') {
    throw new SegmentryError(
      `@${alias} names ${change.from ?? 'nothing'}, not ${String(flags.expect)}: nothing was changed`,
      'data',
    );
  }
  print(
    `@${alias}: ${change.from ?? 'nothing'} -> ${change.to}${change.outcome === 'already' ? ' (it did already)' : ''}`,
  );
  return EXIT.pass;
}
