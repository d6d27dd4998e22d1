/** Fits clusters on a sample of the snapshot, with ml-kmeans. */
import { SegmentryError } from '../../domain/errors.js';
import { AUTO_K } from '../../domain/pipeline.js';
import { type ClusterModel, nearestCentre, simplifiedSilhouette } from '../../domain/slices/clusters.js';
import { forEachChunk } from '../duckdb/columns.js';
import type { Database } from '../duckdb/database.js';
import { identifier, list, raw, statement } from '../duckdb/sql-file.js';

/** Rows that centres are fitted on: their standard error is then under 1 % of a standard deviation. */
const SAMPLE_ROWS = 20_000;

/** Rows on which numbers of clusters are compared, for the same reason as the sample and at the cost of seven fits. */
const AUTO_SAMPLE_ROWS = 4_000;

const MAX_ITERATIONS = 100;

/** Of the rows that are taken, as `sql/segment` calls it. */
const SAMPLE_TABLE = 'segmentry_sample';

export interface ClusterRequest {
  readonly segmentation: string;
  readonly features: readonly string[];
  readonly k: number | 'auto';
  readonly seed: number;
  /** Rows of the snapshot. */
  readonly rows: number;
}

/** A feature as DOUBLE, with NaN for everything that has no place on a scale (NULL, NaN, infinities). */
export function clusterFeature(feature: string): string {
  const value = `CAST(${identifier(feature).sql} AS DOUBLE)`;
  return `CASE WHEN isfinite(${value}) THEN ${value} ELSE 'nan'::DOUBLE END`;
}

/** @throws SegmentryError (data) when the sample has fewer distinct points than clusters are wanted */
export async function fitClusters(database: Database, request: ClusterRequest): Promise<ClusterModel> {
  // Loaded while DuckDB reads.
  const [fit, sample] = await Promise.all([fitter(request.seed), readSample(database, request)]);
  const distinct = distinctPoints(sample, request.k === 'auto' ? AUTO_K.to : request.k);
  const wanted = request.k === 'auto' ? AUTO_K.from : request.k;
  if (distinct < wanted) {
    throw new SegmentryError(
      `segmentation "${request.segmentation}": ${wanted} clusters want at least ${wanted} rows that differ in ` +
        `${request.features.join(', ')}; there are ${distinct}`,
      'data',
    );
  }
  const { mean, scale } = standardisation(sample, request.features.length);
  const points = sample.map((point) => point.map((value, index) => (value - mean[index]!) / scale[index]!));
  const silhouettes: Record<string, number> = {};
  let { k } = request;
  if (k === 'auto') {
    // From all over the data, which are often in order of time.
    const step = Math.max(1, Math.floor(points.length / AUTO_SAMPLE_ROWS));
    const few = points.filter((_point, index) => index % step === 0).slice(0, AUTO_SAMPLE_ROWS);
    k = AUTO_K.from;
    for (let tried = AUTO_K.from; tried <= Math.min(AUTO_K.to, distinct); tried++) {
      const silhouette = simplifiedSilhouette(few, fit(few, tried));
      silhouettes[String(tried)] = silhouette;
      if (silhouette > silhouettes[String(k)]!) k = tried;
    }
  }
  const centres = fit(points, k);
  return {
    features: request.features,
    mean,
    scale,
    centres: bySize(centres, points),
    sampleRows: sample.length,
    silhouettes,
  };
}

/** How many of the points differ; more than `enough` are not told apart. */
function distinctPoints(points: readonly (readonly number[])[], enough: number): number {
  const seen = new Set<string>();
  for (const point of points) {
    seen.add(point.join());
    if (seen.size >= enough) break;
  }
  return seen.size;
}

type Fit = (points: number[][], k: number) => number[][];

async function fitter(seed: number): Promise<Fit> {
  // Loaded where it is used: it takes a quarter of a compute process's start, and most of them never fit anything.
  const { kmeans } = await import('ml-kmeans');
  return (points, k) =>
    kmeans(points, k, { initialization: 'kmeans++', seed, maxIterations: MAX_ITERATIONS }).centroids;
}

/** Biggest cluster first, so that "1" is the usual case; of equally big ones, the one that was fitted first. */
function bySize(centres: number[][], points: readonly number[][]): number[][] {
  const sizes = centres.map(() => 0);
  for (const point of points) sizes[nearestCentre(centres, point)]!++;
  return centres
    .map((centre, index) => ({ centre, size: sizes[index]! }))
    .sort((a, b) => b.size - a.size)
    .map(({ centre }) => centre);
}

/** Complete rows, each taken or not by a hash of its number and the seed, so that any machine takes the same ones. */
async function readSample(database: Database, request: ClusterRequest): Promise<number[][]> {
  const threshold = (SAMPLE_ROWS / Math.max(request.rows, 1)) * 2 ** 32;
  const taken: number[] = [];
  for (let row = 0; row < request.rows; row++) if (rowHash(row, request.seed) < threshold) taken.push(row);
  // Asked for by number: few of the rows leave DuckDB, where passing all of them on is most of the cost.
  await database.run(statement('segment/sample-rows'));
  const appender = await database.connection.createAppender(SAMPLE_TABLE);
  for (const row of taken) {
    appender.appendInteger(row);
    appender.endRow();
  }
  appender.closeSync();
  const sql = statement('segment/sample', {
    features: list(request.features.map((feature) => raw(clusterFeature(feature)))),
  });
  const sample: number[][] = [];
  await forEachChunk(database.connection, { sql, rows: taken.length }, (features, rows) => {
    for (let row = 0; row < rows; row++) {
      const point = features.map((feature) => Number(feature[row]));
      if (!point.some(Number.isNaN)) sample.push(point);
    }
  });
  return sample;
}

/** A 32-bit mix of row number and seed (the finaliser of MurmurHash3, Appleby 2011), uniform in [0, 2^32). */
function rowHash(row: number, seed: number): number {
  let hash = Math.imul(row ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function standardisation(sample: readonly number[][], width: number): { mean: number[]; scale: number[] } {
  const mean: number[] = [];
  const scale: number[] = [];
  for (let index = 0; index < width; index++) {
    const average = sample.reduce((sum, point) => sum + point[index]!, 0) / sample.length;
    const variance = sample.reduce((sum, point) => sum + (point[index]! - average) ** 2, 0) / sample.length;
    mean.push(average);
    scale.push(variance > 0 ? Math.sqrt(variance) : 1);
  }
  return { mean, scale };
}
