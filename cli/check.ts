/** `segmentry check`: is the pipeline right, and do data and models fit it? Runs nothing. */
import type { Command } from 'commander';
import type { BoundModel } from '../adapters/preflight/check-models.js';
import { EXIT } from './exit-codes.js';
import { examples } from './global-options.js';
import { print } from './output.js';
import { preflightHere } from './preflight-here.js';

interface Flags {
  readonly candidate?: string;
  readonly baseline?: string;
}

export function registerCheck(program: Command): void {
  examples(
    program
      .command('check')
      .description('check a pipeline file against its data and models, without running anything')
      .argument('<pipeline>', 'pipeline file')
      .option('--candidate <version>', 'version or @alias, in place of model.candidate')
      .option('--baseline <version>', 'version or @alias, in place of model.baseline')
      .action(async (pipeline: string, flags: Flags) => {
        process.exitCode = await check(pipeline, flags);
      }),
    ['segmentry check pipeline.yaml', 'segmentry check pipeline.yaml --candidate 7'],
  );
}

async function check(file: string, flags: Flags): Promise<number> {
  const { describeCost } = await import('../adapters/measures/costs.js');
  const found = await preflightHere({ file, ...flags });
  const { pipeline, files, columns } = found;
  print(`${file} is valid`);
  print(
    `  data       ${files.source}: ${files.files.length === 1 ? '1 file' : `${files.files.length} files`}, ${columns.length} columns`,
  );
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

function describeModel(model: BoundModel | null, column: string): string {
  if (model === null) return `column ${column} of the data`;
  const { layout, features, output } = model.signature;
  const fed = layout === 'matrix' ? `one input of ${features.length} columns` : `${features.length} inputs by column`;
  return `${model.title} (${model.ref}): ${fed}, ${output.kind === 'scores' ? 'scores' : 'labels'} in "${output.name}"`;
}
