/** What `data` and `model` must keep beyond their shape, and their complete form. */
import type { DataSource, ModelSource, ModelUnderTest, Task } from '../../../domain/pipeline.js';
import { credentialsProblem } from '../../../domain/refused-address.js';
import { repeatedAt } from './repeated.js';
import type { Report } from '../problems.js';
import type { DataDraft } from '../schema/data.js';
import type { ModelDraft } from '../schema/model.js';

const DEFAULT_THRESHOLD = 0.5;

/** `task` is null where the file does not say it rightly; what depends on it is then not judged. */
export function completeData(draft: DataDraft, task: Task | null, report: Report): DataSource {
  if (draft.window !== undefined && draft.time === undefined) {
    report(['data', 'window'], 'data.window needs data.time: the column that says when a row happened', 'key');
  }
  const problem = credentialsProblem(draft.source, 'data.source');
  if (problem !== null) report(['data', 'source'], problem);
  if (draft.id === draft.label) {
    report(['data', 'id'], `data.id and data.label are the same column ${JSON.stringify(draft.label)}`);
  }
  refuseSharedColumns(draft, report);
  if (task === 'ranking' && draft.group === undefined) {
    report(
      ['data', 'group'],
      'missing key "group" in data: a ranking needs the column with the query or user whose items are ranked together',
    );
  }
  if (task !== null && task !== 'ranking' && draft.group !== undefined) {
    report(
      ['data', 'group'],
      `data.group is only for task ranking; this is ${task}: remove it (repeated rows of one user are data.clusterBy)`,
      'key',
    );
  }
  return {
    source: draft.source,
    id: draft.id ?? null,
    label: draft.label,
    time: draft.time ?? null,
    window: draft.window ?? null,
    where: draft.where ?? null,
    reference: draft.reference ?? null,
    ...(draft.weight === undefined ? {} : { weight: draft.weight }),
    ...(draft.clusterBy === undefined ? {} : { clusterBy: draft.clusterBy }),
    ...(draft.group === undefined ? {} : { group: draft.group }),
  };
}

/** A column in two roles where one of them then says nothing. */
function refuseSharedColumns(draft: DataDraft, report: Report): void {
  for (const key of ['weight', 'clusterBy', 'group'] as const) {
    if (draft[key] === draft.label) {
      report(['data', key], `data.${key} and data.label are the same column ${JSON.stringify(draft.label)}`);
    }
  }
  for (const key of ['clusterBy', 'group'] as const) {
    if (draft[key] !== undefined && draft[key] === draft.id) {
      report(
        ['data', key],
        `data.${key} and data.id are the same column ${JSON.stringify(draft.id)}: no two rows share a key, so every row would be alone`,
      );
    }
  }
  if (draft.group !== undefined && draft.clusterBy === draft.group) {
    report(
      ['data', 'clusterBy'],
      `data.clusterBy and data.group are the same column ${JSON.stringify(draft.group)}: groups are what varies in a ranking anyway; remove clusterBy`,
    );
  }
}

/** `pipelineName` and `label` are null where the file does not say them rightly; what depends on them is then not judged. */
export function completeModel(
  draft: ModelDraft,
  pipelineName: string | null,
  label: string | null,
  report: Report,
): ModelUnderTest {
  const candidate = modelSource(draft.candidate);
  const baseline = draft.baseline === undefined ? null : modelSource(draft.baseline);
  const problem = credentialsProblem(draft.registry, 'model.registry');
  if (problem !== null) report(['model', 'registry'], problem);
  const fromRegistry = candidate.kind === 'registry' || baseline?.kind === 'registry';
  if (draft.name === undefined && fromRegistry) {
    report(
      ['model', 'name'],
      'missing key "name" in model: the name of the model in the registry, where candidate or baseline come from',
    );
  }
  if (baseline !== null && sameSource(candidate, baseline)) {
    report(
      ['model', 'baseline'],
      `model.baseline is the same as model.candidate (${describe(baseline)}): nothing could ever change between them`,
    );
  }
  for (const [key, source] of Object.entries({ candidate, baseline })) {
    if (source?.kind === 'column' && source.column === label) {
      report(
        ['model', key],
        `model.${key} is the label column ${JSON.stringify(label)}: the truth cannot be judged against itself`,
      );
    }
  }
  const repeated = draft.features === undefined ? null : repeatedAt(draft.features);
  if (repeated !== null) {
    report(['model', 'features', repeated], `model.features names ${JSON.stringify(draft.features?.[repeated])} twice`);
  }
  const labelAt = label === null ? -1 : (draft.features?.indexOf(label) ?? -1);
  if (labelAt >= 0) {
    report(
      ['model', 'features', labelAt],
      `model.features names the label ${JSON.stringify(label)}: a model must not see what it predicts`,
    );
  }
  for (const key of ['threshold', 'positive'] as const) {
    if (draft[key] !== undefined && draft.task !== 'binary') {
      report(['model', key], `model.${key} is only for task binary; this is ${draft.task}: remove it`, 'key');
    }
  }
  return {
    task: draft.task,
    registry: draft.registry,
    name: draft.name ?? pipelineName ?? '',
    candidate,
    baseline,
    threshold: draft.threshold ?? DEFAULT_THRESHOLD,
    positive: draft.positive ?? null,
    features: draft.features ?? null,
    missing: draft.missing,
  };
}

function modelSource(draft: ModelDraft['candidate']): ModelSource {
  return typeof draft === 'object'
    ? { kind: 'column', column: draft.column }
    : { kind: 'registry', ref: String(draft) };
}

function sameSource(a: ModelSource, b: ModelSource): boolean {
  return describe(a) === describe(b);
}

function describe(source: ModelSource): string {
  return source.kind === 'column' ? `column ${JSON.stringify(source.column)}` : JSON.stringify(source.ref);
}
