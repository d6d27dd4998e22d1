/** DuckDB in memory, and the two ways in which Segmentry uses it: with the file system, and locked to one snapshot. */
import { performance } from 'node:perf_hooks';
import { type DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api';
import { SegmentryError } from '../../domain/errors.js';
import { machineMemory } from '../machine-memory.js';
import { explainCsv, isAdvice } from './data-trouble.js';
import { diskTrouble } from './disk-trouble.js';
import { snapshotTable } from './snapshot.js';
import { type SqlFragment, escapedGlob, identifier, list, literal } from './sql-file.js';

export { version as duckdbVersion } from '@duckdb/node-api';

export interface DatabaseOptions {
  /** DuckDB's own threads. Inference threads use 1 each: parallelism belongs across tasks. */
  readonly threads: number;
  /** Folder for what does not fit into memory; it is made when needed. Without one nothing is written: DuckDB's own choice is the current folder. */
  readonly temporaryFolder?: string;
  /** Ends what runs, and refuses what comes. */
  readonly signal?: AbortSignal;
}

/**
 * How long one statement of a pipeline's own SQL may take, in milliseconds: 100 times what a rule over a hundred million rows
 * takes, and less than the 2 hours after which the stage is given up and started again.
 */
export const USER_SQL_LIMIT_MS = 10 * 60_000;

/**
 * Share of the machine's memory that a database with a user's SQL may fill with rows, groups and joins. DuckDB's own 80 % would
 * leave too little for the models beside it.
 */
const USER_SQL_MEMORY = 0.5;

/** What such a database may write to its temporary folder: a join that never fits must not fill the disk of the artifact store. */
const USER_SQL_SPILL = '20GB';

/** How often a running statement is compared with its limit and its signal, in milliseconds. */
const WATCH_MS = 50;

/** The table that user SQL sees. */
export const DATA_VIEW = 'data';

/** The row's place in the snapshot, from 0: the one column that Segmentry adds. */
export const ROW_COLUMN = 'segmentry_row';

export class Database {
  private limited = false;

  private constructor(
    private readonly instance: DuckDBInstance,
    readonly connection: DuckDBConnection,
    private readonly options: DatabaseOptions,
  ) {}

  static async open(options: DatabaseOptions): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads),
      // Extensions are never fetched behind the user's back: what is not in the package is refused.
      autoinstall_known_extensions: 'false',
      temp_directory: options.temporaryFolder ?? '',
      // Each scan reads its file once, and the system keeps files in memory anyway: a copy in the process grows with the rows.
      enable_external_file_cache: 'false',
    });
    const connection = await instance.connect();
    // Timestamps without a zone, day windows and casts must not depend on where the worker runs.
    await connection.run("SET TimeZone = 'UTC'");
    return new Database(instance, connection, options);
  }

  /**
   * A database in which the view `data` is the snapshot and nothing else can be reached: no other file, no network, no
   * extension, no setting. The pipeline's own SQL runs here. `writable` are files that the program itself writes.
   */
  static async openSnapshot(
    snapshot: string,
    options: DatabaseOptions & { readonly writable?: readonly string[] },
  ): Promise<Database> {
    const database = await Database.open(options);
    await database.limitMemory();
    await database.lock([snapshot, ...(options.writable ?? [])]);
    const { table } = await snapshotTable(database, snapshot);
    await database.run(`CREATE VIEW ${identifier(DATA_VIEW).sql} AS SELECT * FROM ${table.sql}`);
    return database;
  }

  /** From here on nothing but these files can be reached, and no setting changed: what runs next may hold a user's SQL. */
  async lock(files: readonly string[]): Promise<void> {
    // As it is called, and as it is written where `*` would mean many files.
    const paths = new Set(files.flatMap((file) => [file, escapedGlob(file)]));
    await this.run(`SET allowed_paths = [${list([...paths].map(literal)).sql}]`);
    await this.run('SET enable_external_access = false');
    await this.run('SET lock_configuration = true');
  }

  /** For databases that run a user's SQL, before {@link lock}. */
  async limitMemory(): Promise<void> {
    this.limited = true;
    await this.run(`SET memory_limit = '${Math.floor((machineMemory() * USER_SQL_MEMORY) / 1e6)}MB'`);
    await this.run(`SET max_temp_directory_size = '${USER_SQL_SPILL}'`);
  }

  async run(sql: string, limitMs: number | null = null): Promise<void> {
    await this.guarded(() => this.connection.run(sql), limitMs);
  }

  /** For small results only: every row becomes an array. BIGINT comes as bigint. */
  async rows(sql: string, limitMs: number | null = null): Promise<readonly (readonly unknown[])[]> {
    const reader = await this.guarded(() => this.connection.runAndReadAll(sql), limitMs);
    return reader.getRowsJS();
  }

  /** The one value of a query with one row and one column, as a number. */
  async count(sql: string, limitMs: number | null = null): Promise<number> {
    const [row] = await this.rows(sql, limitMs);
    return Number(row?.[0] ?? 0);
  }

  /** Names and DuckDB types of a query's columns, without running it. */
  async describe(query: string): Promise<readonly { readonly name: string; readonly type: string }[]> {
    const rows = await this.rows(`DESCRIBE ${query}`);
    return rows.map((row) => ({ name: String(row[0]), type: String(row[1]) }));
  }

  /** DuckDB's types of a table's columns, by name. */
  async columnTypes(table: SqlFragment): Promise<ReadonlyMap<string, string>> {
    const columns = await this.describe(`SELECT * FROM ${table.sql}`);
    return new Map(columns.map(({ name, type }) => [name, type]));
  }

  /** "DROP", "COPY": what a statement is. It is bound for that, not run. @throws Error when it cannot be bound */
  async statementKind(sql: string): Promise<string> {
    const prepared = await this.guarded(() => this.connection.prepare(sql));
    const kind = prepared.statementType;
    prepared.destroySync();
    return StatementType[kind];
  }

  /**
   * Does DuckDB's part of some work and ends it when the database's signal aborts or the time is over. Only DuckDB can end its
   * own query, between two vectors of rows; it is asked until it has, because a question that comes before the query is lost.
   *
   * @param limitMs for a user's SQL; null: as long as it takes
   */
  async guarded<T>(work: () => Promise<T>, limitMs: number | null = null): Promise<T> {
    const { signal } = this.options;
    signal?.throwIfAborted();
    const started = performance.now();
    const isOver = (): boolean => limitMs !== null && performance.now() - started > limitMs;
    const watch = setInterval(() => {
      if (signal?.aborted === true || isOver()) this.connection.interrupt();
    }, WATCH_MS);
    try {
      return await work();
    } catch (error) {
      if (!isInterrupt(error)) throw diskTrouble(error, !this.limited) ?? error;
      signal?.throwIfAborted();
      throw new SegmentryError(
        `it was still running after ${(limitMs ?? 0) / 1000} seconds and was ended; make it simpler, or compute what it needs as a ` +
          'column of the data',
        'data',
      );
    } finally {
      clearInterval(watch);
    }
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  static async with<T>(database: Promise<Database>, work: (database: Database) => Promise<T>): Promise<T> {
    const opened = await database;
    try {
      return await work(opened);
    } finally {
      opened.close();
    }
  }
}

function isInterrupt(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('INTERRUPT Error');
}

/** DuckDB's message in one or two lines: what it could not do, and what it would have accepted. */
export function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (text.startsWith('Out of Memory Error')) return NO_MEMORY;
  const whole =
    explainCsv(text) ??
    text
      .split('\n')
      .filter((line) => line.trim() !== '' && !/^\s*\^/.test(line) && !line.startsWith('LINE ') && !isAdvice(line))
      .join(' ')
      .replace(/^Failed to extract statements: /, '')
      // Advice on JSON files: options that no pipeline has.
      .replace(/ Try (increasing 'sample_size'|setting 'auto_detect').*$/, '')
      .trim();
  // DuckDB quotes the line that it could not read, however long it is.
  return whole.length > MAX_EXPLANATION ? `${whole.slice(0, MAX_EXPLANATION)} …` : whole;
}

/**
 * An error of SQL with the place that the SQL is from. What the disk is to blame for says where it happened already, and is no
 * mistake in the SQL or the data.
 */
export function placed(error: unknown, place: string, kind: 'usage' | 'data'): SegmentryError {
  if (error instanceof SegmentryError && error.kind === 'infrastructure') return error;
  return new SegmentryError(`${place}: ${explain(error)}`, kind);
}

/** In place of DuckDB's own advice, which is to change settings that nobody can change here. */
const NO_MEMORY =
  'it needs more memory than it may have; make it simpler, or compute what it needs as a column of the data';

/** Characters of a message that somebody still reads. */
const MAX_EXPLANATION = 1_000;

/**
 * A value that is no number, or too large for its type, explained as what it is: wrong data, which no second attempt mends.
 * Any other error as it was.
 *
 * @param what could not be read: "late-flight version 2: its features"
 */
export function explainValue(error: unknown, what: string): unknown {
  const text = error instanceof Error ? error.message : '';
  if (!/^(Conversion|Out of Range|Invalid Input) Error/.test(text)) return error;
  return new SegmentryError(`${what}: ${explain(error)}`, 'data');
}
