/** What a wrong prediction of each row costs, as SQL. */
import type { Cost, CostAmount } from '../../domain/pipeline.js';
import { type SqlFragment, condition, literal, raw } from '../duckdb/sql-file.js';
import { type LabelCoding, isPositive } from './labels.js';

/** A DOUBLE per row; NULL where the row's cost is not known. A positive row can only be missed, another only be a false alarm. */
export function costOfMistake(cost: Cost, label: string, positive: LabelCoding['positive']): SqlFragment {
  if (cost.kind === 'row') return amount(cost.amount);
  const [missed, alarm] = [amount(cost.falseNegative).sql, amount(cost.falsePositive).sql];
  return raw(`CASE WHEN ${isPositive(label, positive).sql} THEN ${missed} ELSE ${alarm} END`);
}

function amount(written: CostAmount): SqlFragment {
  const value = typeof written === 'number' ? literal(written) : condition(written);
  return raw(`CAST(${value.sql} AS DOUBLE)`);
}

/** How a message calls it: `cost "amount * 1.2"`. */
export function describeCost(cost: Cost): string {
  if (cost.kind === 'row') return `cost ${JSON.stringify(cost.amount)}`;
  return `cost { false_positive: ${cost.falsePositive}, false_negative: ${cost.falseNegative} }`;
}
