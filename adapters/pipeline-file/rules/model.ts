/** What `data` and `model` must keep beyond their shape, and their complete form. */
import type { DataSource, ModelSource, ModelUnderTest } from '../../../domain/pipeline.js';
import { repeatedAt } from './repeated.js';
import type { Report } from '../problems.js';
import type { DataDraft } from '../schema/data.js';
import type { ModelDraft } from '../schema/model.js';

const DEFAULT_THRESHOLD = 0.5;

export function completeData(draft: DataDraft, report: Report): DataSource {
  if (draft.window !== undefined && draft.time === undefined) {
    report(['data', 'window'], 'data.window needs data.time: the column that says when a row happened', 'key');
  }
  if (draft.id === draft.label) {
    report(['data', 'id'], `data.id and data.label are the same column ${JSON.stringify(draft.label)}`);
  }
  return {
    source: draft.source,
    id: draft.id ?? null,
    label: draft.label,
    time: draft.time ?? null,
    window: draft.window ?? null,
    where: draft.where ?? null,
    reference: draft.reference ?? null,
  };
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
