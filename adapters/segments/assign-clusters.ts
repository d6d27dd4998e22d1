/** Puts a share of the snapshot's rows into the clusters that were fitted, in the file of codes that all shares fill. */
import type { ClusterModel } from '../../domain/slices/clusters.js';
import { type FloatColumn, NearestCentres } from '../../domain/slices/nearest-centres.js';
import { writeColumnAt } from '../column-file.js';
import { forEachChunk } from '../duckdb/columns.js';
import { Database, ROW_COLUMN } from '../duckdb/database.js';
import { snapshotTable } from '../duckdb/snapshot.js';
import { identifier, list, literal, statement } from '../duckdb/sql-file.js';
import { clusterColumns } from './cluster-columns.js';

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
  const centres = new NearestCentres(job.model);
  const codes = new Int32Array(job.to - job.from);
  let next = job.from;
  await Database.with(Database.open({ threads: 1 }), async (database) => {
    const { table, types } = await snapshotTable(database, job.snapshot);
    const sql = statement('infer/rows', {
      row: identifier(ROW_COLUMN),
      features: list(clusterColumns(types, job.model).flatMap(({ own }) => own ?? [])),
      table,
      from: literal(job.from),
      to: literal(job.to),
    });
    await forEachChunk(database.connection, { sql, rows: job.to - job.from }, ([numbers, ...columns], rows) => {
      for (let row = 0; row < rows; row++)
        if (numbers![row] !== next + row)
          throw new Error(`${job.snapshot} has row ${String(numbers![row])} where ${next + row} should be`);
      centres.assign(columns as readonly FloatColumn[], 0, rows, codes, next - job.from);
      next += rows;
    });
  });
  writeColumnAt(job.codes, job.offset + job.from * Int32Array.BYTES_PER_ELEMENT, codes);
  const sizes = new Array<number>(centres.missing + 1).fill(0);
  for (const code of codes) sizes[code]!++;
  return sizes;
}
