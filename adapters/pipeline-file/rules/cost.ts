/** What `cost` and `proportions` must keep beyond their shape, and their complete form. */
import type { Cost, DataSource, MetricName, Task } from '../../../domain/pipeline.js';
import type { Report } from '../problems.js';
import type { CostDraft } from '../schema/cost.js';

/**
 * @param task null where the file does not say it rightly
 * @param measured null where that cannot be told, because metrics or checks are wrong
 */
export function completeCost(
  draft: CostDraft,
  task: Task | null,
  measured: readonly MetricName[] | null,
  report: Report,
): Cost {
  if (task === 'regression' || task === 'ranking') {
    report(['cost'], `cost is of wrong predictions of a class; there are none in task ${task}: remove it`, 'key');
  } else if (measured !== null && !measured.includes('cost')) {
    // It would look like a check and be none.
    report(
      ['cost'],
      'cost is given, but neither metrics nor a check names the metric cost: add it, or remove the key',
      'key',
    );
  }
  if (typeof draft === 'string') return { kind: 'row', amount: draft };
  const { false_positive: falsePositive, false_negative: falseNegative } = draft;
  if (task === 'multiclass') {
    report(
      ['cost'],
      'cost { false_positive, false_negative } is only for task binary; this is multiclass: give an SQL expression of what a wrong prediction of the row costs',
      'key',
    );
  }
  if (falsePositive === 0 && falseNegative === 0)
    report(['cost'], 'cost: false_positive and false_negative are both 0, so nothing would ever cost anything');
  return { kind: 'mistakes', falsePositive, falseNegative };
}

/** Exact intervals are of counted rows. */
export function refuseUselessExact(task: Task, { weight, clusterBy }: DataSource, report: Report): void {
  if (task === 'regression' || task === 'ranking') {
    report(['proportions'], `proportions: exact is of no use: task ${task} has no metric that is a proportion`);
  }
  const uneven = weight !== undefined ? 'data.weight' : clusterBy !== undefined ? 'data.clusterBy' : null;
  if (uneven !== null) {
    report(
      ['proportions'],
      `proportions: exact counts rows that are alike and independent, and with ${uneven} they are not: remove one of the two`,
    );
  }
}
