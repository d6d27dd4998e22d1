/** From the text of a pipeline file to the complete pipeline, or to everything that is wrong with it. */
import { withBrackets } from '../../domain/metrics/metric-name.js';
import type { MetricName, Pipeline } from '../../domain/pipeline.js';
import { reportShape, valueAt } from './explain.js';
import { DEFAULT_METRICS } from './metrics.js';
import { type Parts, partsOf } from './parts.js';
import { formatPath, type Problem, PipelineFileError, type Report } from './problems.js';
import { completeChecks, completeOnInconclusive, defaultOnInconclusive, refuseMetric } from './rules/checks.js';
import { completeCost, refuseUselessExact } from './rules/cost.js';
import { refuseActionsWithoutRegistry, refuseUndecided } from './rules/decides.js';
import { isMetricPath, isTask, wrongMetric } from './rules/metric.js';
import { completeData, completeModel } from './rules/model.js';
import { repeatedAt } from './rules/repeated.js';
import { completeSegmentations } from './rules/segments.js';
import { completeValidation } from './rules/validate.js';
import { pipelineSchema } from './schema/pipeline.js';
import { readYaml, type YamlSource } from './yaml-source.js';

/**
 * Parses a pipeline file. `file` is how messages call it.
 *
 * @throws PipelineFileError with all problems found: syntax first (nothing else can be told then), otherwise the shape, and
 * the rules between the parts whose shape is right.
 */
export function parsePipeline(text: string, file: string): Pipeline {
  const source = readYaml(text, file);
  const problems: Problem[] = [];
  const report: Report = (path, message, part = 'value') => {
    problems.push({ ...source.locate(path, part), path: formatPath(path), message });
  };
  const task = valueAt(source.value, ['model', 'task']).value;
  reportShape(pipelineSchema, source.value, report, (path, value) =>
    // The schema knows the metrics of all tasks.
    isMetricPath(path) ? wrongMetric(path, value, isTask(task) ? task : null) : null,
  );
  refuseRewrittenVersions(source, report);
  const pipeline = complete(partsOf(source.value), report);
  if (problems.length > 0 || pipeline === null) throw new PipelineFileError(file, problems);
  return pipeline;
}

/** YAML reads `1.0` and `010` as the numbers 1 and 10; as versions those are others than the file names. */
function refuseRewrittenVersions(source: YamlSource, report: Report): void {
  for (const key of ['candidate', 'baseline']) {
    const path = ['model', key];
    const { value } = valueAt(source.value, path);
    const written = source.written(path);
    if (Number.isSafeInteger(value) && written !== null && written !== String(value)) {
      report(
        path,
        `model.${key} is ${written}, which YAML reads as the number ${String(value)}; write "${written}" in quotes`,
      );
    }
  }
}

/** Null when a part is missing because its shape is wrong; that has been reported then. */
function complete(parts: Parts, report: Report): Pipeline | null {
  const { name, segments, evidence, correction, confidence, seed } = parts;
  const data = parts.data === null ? null : completeData(parts.data, parts.model?.task ?? null, report);
  const model = parts.model === null ? null : completeModel(parts.model, name, data?.label ?? null, report);
  const validate = completeValidation(parts.items.validate, report);
  const by = completeSegmentations(parts.items.by, report);
  // With one entry wrong its name is unknown, and a check that uses the name is not to blame.
  const allNamed = segments !== null && by.length === segments.by.length;
  const segmentations = allNamed ? by.map((segmentation) => segmentation.name) : null;
  const onInconclusive = parts.onInconclusive ?? undefined;
  const around = {
    model,
    costs: parts.cost !== undefined,
    weighted: data?.weight !== undefined,
    segmentations,
    evidence: evidence ?? 'default',
    onInconclusive,
  } as const;
  const checks = completeChecks(parts.items.checks, around, report);
  for (const [index, metric] of (parts.metrics ?? []).entries())
    refuseMetric(metric, ['metrics', index], around, report);
  const listed = parts.metrics?.map((metric) => withBrackets(metric) as MetricName);
  refuseRepeated('metrics', listed, report);
  const measured = parts.metrics === null || parts.checks === null ? null : withChecked(listed ?? [], checks);
  const cost = parts.cost == null ? null : completeCost(parts.cost, parts.model?.task ?? null, measured, report);
  const exact = parts.proportions === 'exact';
  if (exact && data !== null && model !== null) refuseUselessExact(model.task, data, report);
  const actions = completeActions(parts, model, report);
  if (name === null || data === null || model === null || segments === null) return null;
  if (correction === null || confidence === null || seed === null) return null;
  return {
    name,
    data,
    model,
    validate,
    segments: { minRows: segments.minRows, by },
    metrics: withChecked(listed ?? DEFAULT_METRICS[model.task], checks),
    checks,
    ...(cost === null ? {} : { cost }),
    ...(exact ? { proportions: 'exact' } : {}),
    confidence,
    evidence: around.evidence,
    correction,
    onInconclusive: completeOnInconclusive(onInconclusive, defaultOnInconclusive(around.evidence)),
    ...actions,
    seed,
  };
}

function completeActions(
  parts: Parts,
  model: Pipeline['model'] | null,
  report: Report,
): Pick<Pipeline, 'onFail' | 'onPass'> {
  const actions = { onFail: parts.onFail ?? [], onPass: parts.onPass ?? [] };
  refuseRepeated('onFail', actions.onFail, report);
  refuseRepeated('onPass', actions.onPass, report);
  if (parts.checks !== null) refuseUndecided(parts.checks, actions, report);
  if (model !== null) refuseActionsWithoutRegistry(model, actions, report);
  return actions;
}

/** A check measures what it checks, listed or not. */
function withChecked(listed: readonly MetricName[], checks: Pipeline['checks']): readonly MetricName[] {
  return [...new Set([...listed, ...checks.map(({ metric }) => metric)])];
}

function refuseRepeated(key: string, list: readonly string[] | null | undefined, report: Report): void {
  const at = repeatedAt(list ?? []);
  if (at !== null) report([key, at], `${key} names "${list?.[at] ?? ''}" twice`);
}
