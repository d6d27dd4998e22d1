/** Puts a share of the snapshot's rows into the clusters that were fitted, in the file of codes that all shares fill. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { type ClusterModel, nearestCentre } from '../../domain/slices/clusters.js';
import { forEachChunk } from '../duckdb/columns.js';
import { Database, ROW_COLUMN } from '../duckdb/database.js';
import { snapshotTable } from '../duckdb/snapshot.js';
import { identifier, list, literal, raw, statement } from '../duckdb/sql-file.js';
import { clusterFeature } from './fit-clusters.js';

export interface ClusterJob {
  readonly snapshot: string;
  readonly model: ClusterModel;
  /** Rows with from <= number < to. */
  readonly from: number;
  readonly to: number;
  /** File that holds the codes, and the byte at which those of row 0 begin: Int32 in the machine's order. */
  readonly codes: string;
  readonly offset: number;
}

/** @returns rows by cluster, and at the end those that miss a feature */
export async function assignClusters(job: ClusterJob): Promise<readonly number[]> {
  const { mean, scale, centres, features } = job.model;
  const missing = centres.length;
  const codes = new Int32Array(job.to - job.from);
  const sizes = new Array<number>(missing + 1).fill(0);
  const point = new Float64Array(mean.length);
  let next = job.from;
  await Database.with(Database.open({ threads: 1 }), async (database) => {
    const table = await snapshotTable(database, job.snapshot);
    const types = new Map(
      (await database.describe(`SELECT * FROM ${table.sql}`)).map(({ name, type }) => [name, type]),
    );
    const query = statement('infer/rows', {
      row: identifier(ROW_COLUMN),
      features: list(features.map((feature) => raw(asItIs(feature, types.get(feature)) ?? clusterFeature(feature)))),
      table,
      from: literal(job.from),
      to: literal(job.to),
    });
    await forEachChunk(database.connection, query, ([numbers, ...columns], rows) => {
      for (let row = 0; row < rows; row++, next++) {
        if (numbers![row] !== next)
          throw new Error(`${job.snapshot} has row ${String(numbers![row])} where ${next} should be`);
        let complete = true;
        for (let index = 0; index < point.length; index++) {
          const value = (columns[index] as Float64Array)[row]!;
          // Of what is not finite, nothing is 0.
          complete &&= value - value === 0;
          point[index] = (value - mean[index]!) / scale[index]!;
        }
        const code = complete ? nearestCentre(centres, point) : missing;
        codes[next - job.from] = code;
        sizes[code]!++;
      }
    });
  });
  if (next !== job.to) throw new Error(`${job.snapshot} ends before row ${job.to}`);
  writeAt(job.codes, codes, job.offset + job.from * Int32Array.BYTES_PER_ELEMENT);
  return sizes;
}

/** Numbers as they are stored, which nothing has to be done to; a FLOAT is the same number as a DOUBLE. */
function asItIs(feature: string, type: string | undefined): string | null {
  return type === 'FLOAT' || type === 'DOUBLE' ? `coalesce(${identifier(feature).sql}, 'nan'::${type})` : null;
}

function writeAt(path: string, values: Int32Array, at: number): void {
  const file = openSync(path, 'r+');
  try {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, at + done);
  } finally {
    closeSync(file);
  }
}
