/** Pipelines for tests: the text as a person writes it, parsed as a run does. */
import { parsePipeline } from '../adapters/pipeline-file/parse.js';
import type { Pipeline } from '../domain/pipeline.js';

export interface PipelineParts {
  readonly data?: string;
  readonly model?: string;
  readonly validate?: string;
  readonly segments?: string;
  readonly metrics?: string;
  readonly checks?: string;
  readonly after?: string;
}

/** Each part is a YAML flow value: `{ source: d.parquet, label: y }`. */
export function pipelineText(parts: PipelineParts = {}): string {
  const {
    data = '{ source: data.parquet, label: y }',
    model = '{ task: binary, name: iris, candidate: "1" }',
    validate = '[]',
    segments = '{ minRows: 1 }',
    metrics = '[accuracy]',
    checks = '[{ metric: accuracy, min: 0.5 }]',
    after = '',
  } = parts;
  return [
    'pipeline: iris',
    `data: ${data}`,
    `model: ${model}`,
    `validate: ${validate}`,
    `segments: ${segments}`,
    `metrics: ${metrics}`,
    `checks: ${checks}`,
    after,
    '',
  ].join('\n');
}

export function pipelineOf(parts: PipelineParts = {}): Pipeline {
  return parsePipeline(pipelineText(parts), 'pipeline.yaml');
}
