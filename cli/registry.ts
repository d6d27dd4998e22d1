/** `segmentry registry`: models, versions and what their aliases name. */
import { readFile, stat } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type AuditEvent, createAuditLog } from '../adapters/audit-log/index.js';
import { createRegistry } from '../adapters/registry/create-registry.js';
import type { ModelMetadata } from '../adapters/registry/registry.js';
import { parseMetadata } from '../adapters/registry/version-folders.js';
import { PREVIOUS, previousServing } from '../domain/registry.js';
import { SegmentryError } from '../domain/errors.js';
import { EXIT } from './exit-codes.js';
import { type ConnectionFlags, examples, placeAt, storeOption } from './global-options.js';
import { print, say } from './output.js';
import { personHere, userName } from './person.js';
import { openStore } from './session.js';

interface RegistryFlags {
  readonly registry: string;
}

const DEFAULT_REGISTRY = './registry';

export function registerRegistry(program: Command): void {
  const registry = program.command('registry').description('models, versions and aliases of a registry folder');
  const option = (command: Command): Command =>
    command.addOption(
      new Option('--registry <folder>', 'the registry').default(DEFAULT_REGISTRY).argParser(placeAt('--registry')),
    );
  const changing = (command: Command): Command =>
    option(command).addOption(storeOption('artifact store, for its audit log'));

  examples(
    option(registry.command('list'))
      .description('models, versions, aliases and events')
      .argument('[model]', 'only this model, with its events')
      .action(async (model: string | undefined, flags: RegistryFlags) => {
        process.exitCode = await listModels(model, flags);
      }),
    ['segmentry registry list', 'segmentry registry list late-flight --registry examples/flight-delays/registry'],
  );
  examples(
    changing(registry.command('add'))
      .description('add a version')
      .argument('<model>', 'name of the model; it is made when it is new')
      .argument('<file>', 'ONNX file; it is loaded once, and refused when that fails')
      .option('--as <version>', 'version (default: the next number)')
      .option('--description <text>', 'what is new')
      .option('--metadata <file>', 'JSON with task, features, classes, positive and whatever else is to be kept')
      .action(async (model: string, file: string, flags: RegistryFlags & AddFlags) => {
        process.exitCode = await add(model, file, flags);
      }),
    ['segmentry registry add late-flight model.onnx --description "trained on 2013"'],
  );
  examples(
    changing(registry.command('alias'))
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

interface AddFlags extends Pick<ConnectionFlags, 'store'> {
  readonly as?: string;
  readonly description?: string;
  readonly metadata?: string;
}

async function add(model: string, file: string, flags: RegistryFlags & AddFlags): Promise<number> {
  const registry = createRegistry(flags.registry);
  const metadata = flags.metadata === undefined ? undefined : await readMetadata(flags.metadata);
  await requireModel(file, metadata?.output ?? null);
  const version = await registry.addVersion(model, file, {
    actor: userName(),
    ...(flags.as === undefined ? {} : { version: flags.as }),
    ...(flags.description === undefined ? {} : { description: flags.description }),
    ...(metadata === undefined ? {} : { metadata }),
  });
  if (version.isNew) {
    await recordChange(flags, {
      action: 'version-added',
      subject: `${model}/${version.version}`,
      details: { sha256: version.sha256, registry: registry.uri },
    });
  }
  print(version.version);
  const already = version.isNew ? '' : ' already, with the same bytes';
  say(`${model} version ${version.version} is in ${registry.uri}${already}`);
  return EXIT.pass;
}

/**
 * A version never changes, so that one that no run could ever use would stay. The features that feed it may be named later. As
 * `segmentry check` does it, in a process of its own: a file that crashes native code is then a message.
 */
async function requireModel(file: string, output: string | null): Promise<void> {
  // What is no file is explained by the registry.
  if (!(await stat(file).catch(() => null))?.isFile()) return;
  const { createComputePool } = await import('../workers/compute-pool.js');
  const { blamingTheModel } = await import('../adapters/onnx/deadly-model.js');
  const { readOutputs } = await import('../adapters/onnx/signature.js');
  const compute = createComputePool({ processes: 1 });
  try {
    const inspect = () => compute.inspectModel({ path: file, title: file });
    const { outputs } = await blamingTheModel(inspect, `the process that loaded ${file}`);
    readOutputs(file, outputs, output);
  } finally {
    await compute.close();
  }
}

/** Looked at before there is a version: one whose `model.json` is wrong could never be used, and a version never changes. */
async function readMetadata(file: string): Promise<ModelMetadata> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw new SegmentryError(`--metadata ${file}: ${why}; give a JSON file`, 'usage');
  }
  const read = parseMetadata(text);
  if (typeof read !== 'string') return read;
  throw new SegmentryError(
    `--metadata ${file} cannot be a model.json: ${read}; give a JSON object such as {"task": "binary", "features": ["a", "b"]}`,
    'usage',
  );
}

interface AliasFlags extends Pick<ConnectionFlags, 'store'> {
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
    actor: userName(),
    reason: flags.reason,
  });
  if (change.warning !== null) say(`warning: ${change.warning}`);
  if (change.outcome === 'conflict') {
    throw new SegmentryError(
      `@${alias} names ${change.from ?? 'nothing'}, not ${String(flags.expect)}: nothing was changed`,
      'data',
    );
  }
  if (change.outcome === 'done') {
    await recordChange(flags, {
      action: 'alias-set',
      subject: `${model}@${alias}`,
      details: { from: change.from, to: change.to, reason: flags.reason, registry: registry.uri },
    });
  }
  print(
    `@${alias}: ${change.from ?? 'nothing'} -> ${change.to}${change.outcome === 'already' ? ' (it did already)' : ''}`,
  );
  return EXIT.pass;
}

/** The change is done, and in the registry's own log: that it cannot be written a second time does not undo it. */
async function recordChange(
  flags: Pick<ConnectionFlags, 'store'>,
  change: Pick<AuditEvent, 'action' | 'subject' | 'details'>,
): Promise<void> {
  try {
    await createAuditLog(openStore(flags).uri).record({ ...change, actor: personHere(), run: null, key: null });
  } catch (error) {
    if (!(error instanceof SegmentryError)) throw error;
    say(`warning: the audit log has no record of this, the registry's own log has: ${error.message}`);
  }
}
