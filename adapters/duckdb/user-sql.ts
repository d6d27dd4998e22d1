/**
 * The pipeline's own SQL, parsed by DuckDB and looked at before it is bound or run. The locked database keeps it from files, the
 * network and settings; this keeps it to its place in the statement around it, and to what gives the same answer twice.
 */
import { SegmentryError } from '../../domain/errors.js';
import { DATA_VIEW, type Database, placed } from './database.js';
import { literal } from './sql-file.js';

/** A piece of DuckDB's syntax tree, as `json_serialize_sql` gives it. */
type Tree = Readonly<Record<string, unknown>>;

/** What a function would make of the result, and the functions that do. */
const REFUSED: readonly { readonly why: string; readonly functions: readonly string[] }[] = [
  {
    why: 'gives another answer each time, and the same data would no longer give the same result',
    functions: [
      ...['random', 'setseed', 'uuid', 'uuidv4', 'uuidv7', 'gen_random_uuid', 'nextval', 'currval'],
      // Depend on which thread meets which row first.
      ...['reservoir_quantile', 'approx_quantile', 'approx_top_k'],
    ],
  },
  {
    why: 'depends on when it is asked, and the same data would no longer give the same result; compare with a fixed time',
    functions: [
      ...['now', 'today', 'ago', 'current_date', 'current_time', 'current_timestamp', 'current_localtime'],
      ...['current_localtimestamp', 'localtime', 'localtimestamp', 'get_current_time', 'get_current_timestamp'],
      ...['transaction_timestamp', 'pg_postmaster_start_time', 'pg_conf_load_time'],
    ],
  },
  {
    why: 'tells about the database and not about the data',
    functions: [
      ...['current_setting', 'current_query', 'current_query_id', 'current_connection_id', 'current_transaction_id'],
      ...['current_database', 'current_catalog', 'current_schema', 'current_schemas', 'current_user', 'current_role'],
      ...['session_user', 'user', 'in_search_path', 'txid_current', 'stats', 'getvariable', 'inet_client_addr'],
      ...['inet_client_port', 'inet_server_addr', 'inet_server_port', 'getenv', 'duckdb_secrets', 'which_secret'],
    ],
  },
  { why: 'only takes time', functions: ['sleep_ms', 'pg_sleep'] },
  { why: 'writes to a log', functions: ['write_log'] },
];

const WHY_REFUSED = new Map(REFUSED.flatMap(({ why, functions }) => functions.map((name) => [name, why] as const)));

/** Functions that make rows from their arguments alone. All others in FROM read files, settings or other SQL. */
const TABLE_FUNCTIONS: readonly string[] = ['range', 'generate_series', 'unnest'];

/** Everything that a query can be made of; what a later DuckDB adds is refused until it has been looked at. */
const QUERY_NODES: readonly string[] = ['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE', 'CTE_NODE'];

/**
 * Refuses SQL that is anything but one condition on a row: a bracket that closes what it did not open, a second statement,
 * `UNION`, `LIMIT` or a comment could change which rows there are.
 *
 * @param columns of the data, which may be called like a function ("user")
 * @param where what the message begins with: where the SQL comes from
 * @param rows `one`: the condition decides which rows are data, and there is no view `data` yet to look at; `all`: it may
 * compare a row with a query over `data`
 * @throws SegmentryError (usage)
 */
export async function requireCondition(
  database: Database,
  sql: string,
  columns: readonly string[],
  where: string,
  rows: 'one' | 'all' = 'one',
): Promise<void> {
  const node = await parse(database, `SELECT ${sql}\n`, where);
  // With brackets too: `true /*` alone is half of what stands around it.
  await parse(database, `SELECT (${sql}\n)`, where);
  if (!isLoneExpression(node)) {
    throw new SegmentryError(`${where}: one condition is wanted, nothing before or after it: ${sql}`, 'usage');
  }
  const subqueries = rows === 'all';
  const tables = new Set(subqueries ? [DATA_VIEW] : []);
  refuse(node, { columns: lowerCase(columns), tables, subqueries }, where);
}

/**
 * Refuses SQL that is anything but one SELECT over the view `data`.
 *
 * @throws SegmentryError (usage) that names where the SQL came from.
 */
export async function requireQuery(
  database: Database,
  sql: string,
  columns: readonly string[],
  where: string,
): Promise<void> {
  const node = await parse(database, sql, where);
  // Rules are put into brackets: what is one query alone may be two in there.
  await parse(database, `SELECT 1 FROM (${sql}\n)`, where);
  refuse(node, { columns: lowerCase(columns), tables: new Set([DATA_VIEW]), subqueries: true }, where);
}

/** Do its columns and types fit the data? @throws SegmentryError (usage) that names where the SQL came from */
export async function requireBinding(database: Database, sql: string, where: string): Promise<void> {
  try {
    await database.statementKind(sql);
  } catch (error) {
    throw placed(error, where, 'usage');
  }
}

const lowerCase = (names: readonly string[]): ReadonlySet<string> => new Set(names.map((name) => name.toLowerCase()));

/** The tree of the one SELECT that the text is. */
async function parse(database: Database, sql: string, where: string): Promise<Tree> {
  if (sql.includes('\0')) throw new SegmentryError(`${where}: SQL cannot hold a NUL character: remove it`, 'usage');
  try {
    const { count } = await database.connection.extractStatements(sql);
    if (count !== 1) {
      throw new SegmentryError(`${where}: one query is wanted, there are ${count} statements`, 'usage');
    }
    const [row] = await database.rows(`SELECT json_serialize_sql(${literal(sql).sql})`);
    const { statements } = JSON.parse(String(row?.[0])) as { readonly statements?: readonly { readonly node: Tree }[] };
    if (statements?.length === 1) return statements[0]!.node;
    const kind = await statementKind(database, sql);
    throw new SegmentryError(`${where}: a SELECT is wanted, this is ${kind}`, 'usage');
  } catch (error) {
    if (error instanceof SegmentryError) throw error;
    throw placed(error, where, 'usage');
  }
}

/** Whatever the statement does cannot be done to the data: that it is none of those that can be is what is wrong with it. */
async function statementKind(database: Database, sql: string): Promise<string> {
  try {
    return await database.statementKind(sql);
  } catch (error) {
    const [, word] = /^\s*([a-z]+)/i.exec(sql) ?? [];
    if (error instanceof SegmentryError || word === undefined) throw error;
    return word.toUpperCase();
  }
}

/** Whether `SELECT <sql>` has one column, without a name, and no other part. */
function isLoneExpression(node: Tree): boolean {
  const { select_list: list, from_table: from, cte_map: ctes } = node;
  return (
    node['type'] === 'SELECT_NODE' &&
    isEmpty(node['modifiers']) &&
    isTree(ctes) &&
    isEmpty(ctes['map']) &&
    Array.isArray(list) &&
    list.length === 1 &&
    isTree(list[0]) &&
    list[0]['alias'] === '' &&
    isTree(from) &&
    from['type'] === 'EMPTY' &&
    ['where_clause', 'having', 'sample', 'qualify'].every((part) => node[part] === null) &&
    isEmpty(node['group_expressions']) &&
    node['aggregate_handling'] === 'STANDARD_HANDLING'
  );
}

interface Allowed {
  readonly columns: ReadonlySet<string>;
  /** Tables that can be read at this place: the data, and what WITH has named. */
  readonly tables: ReadonlySet<string>;
  readonly subqueries: boolean;
}

/** @throws SegmentryError for the first part of the tree that is refused */
function refuse(part: unknown, allowed: Allowed, where: string): void {
  if (Array.isArray(part)) for (const item of part) refuse(item, allowed, where);
  if (!isTree(part)) return;
  const reason = reasonAgainst(part, allowed);
  if (reason !== null) throw new SegmentryError(`${where}: ${reason}`, 'usage');
  let inside = allowed;
  for (const [name, query] of commonTables(part)) {
    refuse(query, inside, where);
    inside = withTable(inside, name);
  }
  for (const [key, value] of Object.entries(part)) {
    if (key === 'cte_map') continue;
    const own = part['type'] === 'RECURSIVE_CTE_NODE' && key === 'right' ? String(part['cte_name']) : null;
    refuse(value, own === null ? inside : withTable(inside, own), where);
  }
}

const withTable = (allowed: Allowed, name: string): Allowed => ({
  ...allowed,
  tables: new Set([...allowed.tables, name.toLowerCase()]),
});

function commonTables(part: Tree): readonly (readonly [string, unknown])[] {
  const ctes = part['cte_map'];
  const map = isTree(ctes) ? ctes['map'] : [];
  if (!Array.isArray(map)) return [];
  return map.filter(isTree).map(({ key, value }) => [String(key), value] as const);
}

function reasonAgainst(part: Tree, { columns, tables, subqueries }: Allowed): string | null {
  const kind = part['type'];
  if (isTree(part['sample'])) return 'a sample is another one each time; choose rows by a condition on a column';
  if (kind === 'BASE_TABLE') {
    const name = String(part['table_name']);
    const plain = part['schema_name'] === '' && part['catalog_name'] === '';
    if (plain && tables.has(name.toLowerCase())) return null;
    const full = [part['catalog_name'], part['schema_name'], name].filter((word) => word !== '').join('.');
    return `there is no table "${full}" here; the data are in the view "${DATA_VIEW}"`;
  }
  if (kind === 'TABLE_FUNCTION') {
    const called = part['function'];
    const name = isTree(called) ? String(called['function_name']).toLowerCase() : '';
    if (TABLE_FUNCTIONS.includes(name)) return null;
    return `${name}() cannot be read from: it leads out of the data, which are in the view "${DATA_VIEW}"`;
  }
  if (kind === 'SHOW_REF') return 'DESCRIBE, SHOW and SUMMARIZE are not queries over the data';
  if (typeof kind === 'string' && kind.endsWith('_NODE') && !QUERY_NODES.includes(kind)) {
    return `a SELECT is wanted, this has a part that is ${kind.replace(/_NODE$/, '').replaceAll('_', ' ')}`;
  }
  switch (part['class']) {
    case 'SUBQUERY':
      return subqueries
        ? null
        : 'a condition looks at one row alone and can have no query inside it; compute the value as a column of the data';
    case 'FUNCTION':
    case 'WINDOW':
      return againstFunction(part);
    case 'COLUMN_REF': {
      // "current_date" and the like need no brackets.
      const names = Array.isArray(part['column_names']) ? part['column_names'].map(String) : [];
      const [name = ''] = names;
      const why = WHY_REFUSED.get(name.toLowerCase());
      return names.length !== 1 || why === undefined || columns.has(name.toLowerCase()) ? null : `${name} ${why}`;
    }
    case 'PARAMETER':
      return '? and $ stand for parameters, and there are none: write the value';
    default:
      return null;
  }
}

function againstFunction(part: Tree): string | null {
  const name = String(part['function_name']).toLowerCase();
  const { children } = part;
  // With one time, age() counts from today.
  const fromToday = name === 'age' && Array.isArray(children) && children.length === 1;
  const why = fromToday ? WHY_REFUSED.get('today') : WHY_REFUSED.get(name);
  return why === undefined ? null : `${name}() ${why}`;
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
