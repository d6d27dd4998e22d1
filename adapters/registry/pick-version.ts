/** From what somebody wrote ("@serving", "3") to a version, or to an error that helps them write what they meant. */
import { SegmentryError } from '../../domain/errors.js';
import { aliasTarget, didYouMean, PREVIOUS, registryName, SERVING } from '../../domain/registry.js';
import type { ModelState, ModelVersion } from './registry.js';

const SHOWN = 20;

/** The version of `state` that `ref` names. @param registry where it is, for what the error says to do */
export function pickVersion(state: ModelState, ref: string, registry: string): ModelVersion {
  if (!ref.startsWith('@')) return byVersion(state, registryName(ref, 'version'));
  const alias = registryName(ref.slice(1), 'alias');
  const target = aliasTarget(state, alias);
  if (target === null) throw noSuchAlias(state, alias, registry);
  const found = state.versions.find(({ version }) => version === target);
  if (found !== undefined) return found;
  throw new SegmentryError(
    `"@${alias}" of ${state.model} is version ${target}, which is not in the registry any more. ${versionsOf(state)}`,
    'data',
  );
}

function byVersion(state: ModelState, version: string): ModelVersion {
  const found = state.versions.find((known) => known.version === version);
  if (found !== undefined) return found;
  const aliases = aliasesOf(state);
  const hint = aliases.includes(version)
    ? ` "${version}" is an alias: write "@${version}".`
    : didYouMean(
        version,
        state.versions.map((known) => known.version),
      );
  throw new SegmentryError(`${state.model} has no version "${version}". ${versionsOf(state)}${hint}`, 'usage');
}

function noSuchAlias(state: ModelState, alias: string, registry: string): SegmentryError {
  const { model, served, versions } = state;
  if (alias === PREVIOUS) {
    const now = served.at(-1);
    const why =
      now === undefined
        ? `no version of it serves yet. ${howToSet(state, SERVING, registry)}`
        : `nothing that is still trusted served before version ${now.version}. Name a version to compare with. ${versionsOf(state)}`;
    return new SegmentryError(`${model} has no "@previous": ${why}`, 'usage');
  }
  const aliases = aliasesOf(state);
  const exist = aliases.length === 0 ? '' : ` It has: ${aliases.map((name) => `@${name}`).join(', ')}.`;
  const isVersion = versions.some(({ version }) => version === alias);
  const hint = isVersion
    ? ` "${alias}" is a version: write it without the "@".`
    : `${didYouMean(alias, aliases, '@')} ${howToSet(state, alias, registry)}`;
  return new SegmentryError(`${model} has no alias "@${alias}".${exist}${hint}`, 'usage');
}

function howToSet(state: ModelState, alias: string, registry: string): string {
  const example = state.versions.at(-1)?.version ?? 'VERSION';
  // Named, because the command looks for ./registry where it is run, which is seldom where the pipeline's is.
  const folder = /^[\w./-]+$/.test(registry) ? registry : JSON.stringify(registry);
  return `${versionsOf(state)} To set it: segmentry registry alias ${state.model} ${alias} ${example} --registry ${folder}`;
}

function aliasesOf(state: ModelState): string[] {
  const aliases = Object.keys(state.aliases);
  return aliasTarget(state, PREVIOUS) === null ? aliases : [...aliases, PREVIOUS];
}

/** The newest ones: a registry may have hundreds. */
function versionsOf(state: ModelState): string {
  const names = state.versions.map(({ version }) => version);
  if (names.length === 0) return 'It has no versions: add one with segmentry registry add.';
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} older ones` : '';
  return `It has ${names.length === 1 ? 'version' : 'versions'} ${names.slice(-SHOWN).join(', ')}${more}.`;
}
