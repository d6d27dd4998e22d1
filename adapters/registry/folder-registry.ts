/** A model registry in a folder, safe between any number of processes that use it at once. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SegmentryError } from '../../domain/errors.js';
import { didYouMean, foldEvents, PREVIOUS, registryName, type RegistryEvent } from '../../domain/registry.js';
import type { Decision } from '../../domain/result.js';
import { explained, ifPresent } from '../artifact-store/io-errors.js';
import { editedAliases, readView, viewWarning, writeView } from './alias-view.js';
import { EventLog, type EventLogOptions } from './event-log.js';
import { addVersionFolder } from './add-version.js';
import { type AliasDecision, decideAlias } from './set-alias.js';
import { pickVersion } from './pick-version.js';
import type {
  AddVersion,
  AddedVersion,
  AliasChange,
  ModelRegistry,
  ModelState,
  ModelVersion,
  RecordVerdict,
  SetAlias,
} from './registry.js';
import { verifyEvents, type LogCheck } from './verify-log.js';
import { EVENTS_FOLDER, type FoundVersion, listVersions, verifiedFile } from './version-folders.js';

/**
 * ```
 * <model>/<version>/model.onnx   the model, and model.json with what is known about it (both may come from anywhere)
 * <model>/events/000001.json     what happened: the truth about aliases and verdicts
 * <model>/aliases.json           a view of it, for people and scripts
 * ```
 */
export class FolderRegistry implements ModelRegistry {
  constructor(
    private readonly folder: string,
    private readonly options: EventLogOptions = { now: () => new Date() },
  ) {}

  get uri(): string {
    return this.folder;
  }

  async models(): Promise<string[]> {
    const entries = await explained('read the registry', this.folder, () =>
      ifPresent(() => readdir(this.folder, { withFileTypes: true })),
    );
    if (entries === null) {
      throw new SegmentryError(
        `There is no registry at ${this.folder}. It is a folder with <model>/<version>/model.onnx; \`segmentry registry add\` makes one.`,
        'usage',
      );
    }
    return entries
      .filter(({ name }) => /^[A-Za-z0-9]/.test(name))
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
  }

  async describe(model: string): Promise<ModelState> {
    return (await this.look(model)).state;
  }

  async resolve(model: string, ref: string): Promise<ModelVersion> {
    const { state, edits } = await this.look(model);
    const alias = ref.startsWith('@') ? ref.slice(1) : null;
    // `@previous` follows from what served, so an edit of any alias may have changed it.
    if (alias !== null && (edits.has(alias) || (alias === PREVIOUS && edits.size > 0))) {
      throw new SegmentryError(`${model} has no certain "${ref}": ${state.warnings.join(' ')}`, 'data');
    }
    return pickVersion(state, ref, this.folder);
  }

  async modelFile(version: ModelVersion): Promise<string> {
    const found = (await this.versions(version.model)).find((known) => known.version === version.version);
    if (found === undefined) {
      throw new SegmentryError(`${version.model} version ${version.version} is no longer in ${this.folder}.`, 'data');
    }
    // The digest that the caller resolved counts, not one that was written since.
    return verifiedFile({ ...found, sha256: version.sha256 ?? found.sha256 });
  }

  async addVersion(model: string, file: string, options: AddVersion): Promise<AddedVersion> {
    const { version, sha256 } = await addVersionFolder(this.folderOf(model), model, file, options);
    let isNew = false;
    await this.log(model).append((events) => {
      isNew = !events.some((event) => event.kind === 'version-added' && event.version === version.version);
      return isNew ? { kind: 'version-added', actor: options.actor, version: version.version, sha256 } : null;
    });
    return { ...publicVersion(version), isNew };
  }

  async setAlias(model: string, alias: string, to: string, options: SetAlias): Promise<AliasChange> {
    if (registryName(alias, 'alias') === PREVIOUS) {
      throw new SegmentryError('The alias "previous" cannot be set: it follows from what served before.', 'usage');
    }
    const { state, edits } = await this.look(model);
    // Only a new one: an alias that serves can be moved back whatever was added since.
    if (state.aliases[alias] === undefined && state.versions.some(({ version }) => version === alias)) {
      throw new SegmentryError(`"${alias}" is a version of ${model}: give the alias a name that is none.`, 'usage');
    }
    const target = pickVersion(state, registryName(to, 'version'), this.folder);
    if (target.problem !== null) {
      throw new SegmentryError(`"${alias}" cannot name ${model} version ${to}: ${target.problem}.`, 'data');
    }
    let change: AliasDecision['change'] | undefined;
    await this.log(model).append((events) => {
      const decided = decideAlias(events, edits.get(alias), alias, to, options);
      change = decided.change;
      return decided.event;
    });
    // A person's edit of the view stays until a person's command replaces it.
    const leave = edits.size > 0 && options.expect !== undefined;
    return { ...change!, warning: leave ? state.warnings.join(' ') : await this.refreshView(model) };
  }

  async recordVerdict(
    model: string,
    version: string,
    verdict: Decision['verdict'],
    options: RecordVerdict,
  ): Promise<void> {
    const { state } = await this.look(model);
    pickVersion(state, registryName(version, 'version'), this.folder);
    const { run, key, actor = `run ${run}` } = options;
    await this.log(model).append((events) =>
      events.some((event) => event.kind === 'verdict' && event.key === key)
        ? null
        : { kind: 'verdict', actor, version, verdict, run, key },
    );
    if (state.warnings.length === 0) await this.refreshView(model);
  }

  /** Whether the log is the one that was written: names the first record that was changed, removed or slipped in. */
  async verifyLog(model: string): Promise<LogCheck> {
    const folder = this.folderOf(model);
    return verifyEvents(folder, join(folder, EVENTS_FOLDER));
  }

  private async look(model: string): Promise<{ state: ModelState; edits: Map<string, string | null> }> {
    const versions = await this.versions(model);
    const folder = this.folderOf(model);
    const view = await readView(folder);
    const events = await this.events(model);
    const warning = viewWarning(folder, view, events);
    const warnings = warning === null ? [] : [warning];
    const state = { ...foldEvents(events), model, versions: versions.map(publicVersion), events, warnings };
    return { state, edits: editedAliases(view, events) };
  }

  private async versions(model: string): Promise<FoundVersion[]> {
    const folder = this.folderOf(model);
    if (await this.isModel(model)) return listVersions(folder, model);
    const models = await this.models();
    const exist = models.length === 0 ? 'It is empty' : `It has: ${listed(models)}`;
    throw new SegmentryError(
      `There is no model "${model}" in ${this.folder}. ${exist}.${didYouMean(model, models)}`,
      'usage',
    );
  }

  private async isModel(model: string): Promise<boolean> {
    const folder = this.folderOf(model);
    return explained('read', folder, async () => (await ifPresent(() => stat(folder)))?.isDirectory() ?? false);
  }

  /** Null, or what went wrong: the events stand whether their view could be written or not. */
  private async refreshView(model: string): Promise<string | null> {
    try {
      await writeView(this.folderOf(model), model, () => this.events(model));
      return null;
    } catch (error) {
      return `aliases.json of ${model} is not up to date: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  private async events(model: string): Promise<readonly RegistryEvent[]> {
    return (await this.log(model).read()).map((entry) => entry.event);
  }

  private log(model: string): EventLog {
    return new EventLog(join(this.folderOf(model), EVENTS_FOLDER), this.options);
  }

  private folderOf(model: string): string {
    return join(this.folder, registryName(model, 'model'));
  }
}

/** Models that a message names before "and N more": with the nearest name beside them, and `registry list` for all. */
const LISTED_MODELS = 20;

function listed(models: readonly string[]): string {
  const more = models.length - LISTED_MODELS;
  return models.slice(0, LISTED_MODELS).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function publicVersion({ model, version, sha256, metadata, problem }: FoundVersion): ModelVersion {
  return { model, version, sha256, metadata, problem };
}
