/** segment: every row gets its place in every segmentation. */
import type { PinnedRun, SegmentedData } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { whileBeating } from './heartbeat.js';
import { loadContext } from './run-context.js';

export async function segment(deps: ActivityDependencies, run: PinnedRun): Promise<SegmentedData> {
  return whileBeating(async (signal) => {
    const context = await loadContext(deps.store, run.context);
    const output = deps.store.temporaryPath('.arrow');
    const { tables, clusters } = await deps.compute.assignSegments(
      {
        snapshot: await deps.store.localPath(context.snapshot),
        rows: run.rows,
        segmentations: context.pipeline.segments.by,
        seed: context.pipeline.seed,
        threads: deps.threads,
        output,
      },
      signal,
    );
    // The centres and scaling are kept, so that tomorrow's rows can be put into today's clusters.
    for (const [name, model] of Object.entries(clusters)) {
      const artifact = await deps.store.putJson(model);
      await deps.store.writeRunFile(run.run, `clusters-${fileName(name)}.json`, await deps.store.readBytes(artifact));
    }
    const sizes = tables.map((table) => table.segments.length);
    return {
      tables: await deps.store.putJson(tables),
      codes: await deps.store.putFile(output, { move: true }),
      segments: sizes.reduce((sum, size) => sum + size, 0),
      sizes,
    };
  });
}

/** A segmentation's name as part of a file name. */
function fileName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, 60);
}
