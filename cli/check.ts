/** `segmentry check`: is the pipeline right, and do data and models fit it? Runs nothing. */
import type { Command } from 'commander';
import type { BoundModel } from '../adapters/preflight/check-models.js';
import { endOfWindow } from '../domain/end-of-window.js';
import type { DataSource } from '../domain/pipeline.js';
import { EXIT } from './exit-codes.js';
import { examples } from './global-options.js';
import { print } from './output.js';
import { preflightHere } from './preflight-here.js';

interface Flags {
  readonly candidate?: string;
  readonly baseline?: string;
  readonly asOf?: string;
}

export function registerCheck(program: Command): void {
  examples(
    program
      .command('check')
      .description('check a pipeline file against its data and models, without running anything')
      .argument('<pipeline>', 'pipeline file')
      .option('--candidate <version>', 'version or @alias, in place of model.candidate')
      .option('--baseline <version>', 'version or @alias, in place of model.baseline')
      .option('--as-of <time>', 'end of the data window that a run is to have, like 2026-01-31')
      .action(async (pipeline: string, flags: Flags) => {
        process.exitCode = await check(pipeline, flags);
      }),
    ['segmentry check pipeline.yaml', 'segmentry check pipeline.yaml --candidate 7'],
  );
}

async function check(file: string, { asOf, ...overrides }: Flags): Promise<number> {
  const { describeCost } = await import('../adapters/measures/costs.js');
  const found = await preflightHere({ file, ...overrides });
  const { pipeline, files, columns } = found;
  const window = describeWindow(pipeline.data, asOf);
  print(`${file} is valid`);
  print(
    `  data       ${files.source}: ${files.files.length === 1 ? '1 file' : `${files.files.length} files`}, ${columns.length} columns`,
  );
  if (window !== null) print(`  window     ${window}`);
  for (const role of ['candidate', 'baseline'] as const) {
    const source = pipeline.model[role];
    if (source !== null)
      print(`  ${role.padEnd(10)} ${describeModel(found[role], source.kind === 'column' ? source.column : '')}`);
  }
  print(`  segments   overall, ${pipeline.segments.by.map(({ name }) => name).join(', ')}`.replace(/, $/, ''));
  const { weight, clusterBy, group } = pipeline.data;
  const rows = [
    weight === undefined ? [] : [`weighted by ${weight}`],
    clusterBy === undefined ? [] : [`clustered by ${clusterBy}`],
    group === undefined ? [] : [`ranked within ${group}`],
  ].flat();
  if (rows.length > 0) print(`  rows       ${rows.join(', ')}`);
  if (pipeline.cost !== undefined) print(`  cost       ${describeCost(pipeline.cost).replace(/^cost /, '')}`);
  print(`  metrics    ${pipeline.metrics.join(', ')}`);
  for (const { name, severity } of pipeline.checks)
    print(`  check      ${name}${severity === 'block' ? '' : ` (${severity})`}`);
  print(`  on FAIL    ${pipeline.onFail.join(', ') || 'exit code 1'}`);
  if (pipeline.onPass.length > 0) print(`  on PASS    ${pipeline.onPass.join(', ')}`);
  return EXIT.pass;
}

/** The file is right without an end of its window, because a schedule brings one; a run by hand would be refused. */
function describeWindow(data: DataSource, asOf: string | undefined): string | null {
  const { window } = data;
  if (asOf === undefined && window !== null)
    return `${window}, up to the time of a schedule; \`segmentry run\` is refused without --as-of, like --as-of 2026-01-31`;
  const end = endOfWindow(data, asOf);
  return end === null ? null : `${window ?? 'everything'} before ${end.toISOString()}`;
}

function describeModel(model: BoundModel | null, column: string): string {
  if (model === null) return `column ${column} of the data`;
  const { layout, features, output } = model.signature;
  const fed = layout === 'matrix' ? `one input of ${features.length} columns` : `${features.length} inputs by column`;
  return `${model.title} (${model.ref}): ${fed}, ${output.kind === 'scores' ? 'scores' : 'labels'} in "${output.name}"`;
}
