/** Why something is no metric of the pipeline's task, with the metrics that are. */
import { parseMetric, withBrackets } from '../../../domain/metrics/metric-name.js';
import { tasksOf } from '../../../domain/metrics/metric.js';
import { FAMILIES, METRICS, metricOf, metricsFor } from '../../../domain/metrics/table.js';
import { TASKS, type Task } from '../../../domain/pipeline.js';
import { advise, formatPath, type Path, show } from '../problems.js';

export function isTask(value: unknown): value is Task {
  return TASKS.some((task) => task === value);
}

/** Whether the file has a metric here, as an entry of `metrics` or in a check. */
export function isMetricPath(path: Path): boolean {
  const [list, , key] = path;
  return (list === 'metrics' && path.length === 2) || (list === 'checks' && path.length === 3 && key === 'metric');
}

/**
 * @param task null: the file does not say it, or says it wrongly, and the metrics of all tasks are allowed
 * @returns what is wrong with the metric at `path`; null: nothing
 */
export function wrongMetric(path: Path, metric: unknown, task: Task | null): string | null {
  const where = formatPath(path);
  const tasks = task === null ? TASKS : [task];
  const allowed = [...new Set(tasks.flatMap(allowedFor))].join(', ');
  if (metric === null) return `${where} has no value; give one of ${allowed}`;
  if (typeof metric !== 'string') return `${where} is ${show(metric)}; allowed: ${allowed}`;
  const [name = ''] = withBrackets(metric).split('(');
  if (!Object.hasOwn(METRICS, name) && !Object.hasOwn(FAMILIES, name))
    return `${where} is ${show(metric)}${advise(name, tasks.flatMap(namesFor), allowed)}`;
  const parsed = parseMetric(metric);
  const exists =
    'problem' in parsed
      ? tasks.some((one) => namesFor(one).includes(name))
      : tasks.some((one) => tasksOf(metricOf(parsed.id)).includes(one));
  if (!exists) return `${where} is ${show(metric)}, which does not exist for task ${task ?? ''}; allowed: ${allowed}`;
  return 'problem' in parsed ? `${where}: ${parsed.problem}` : null;
}

/** Without the arguments that some of them take. */
function namesFor(task: Task): string[] {
  return [...metricsFor(task).map(({ name }) => name), ...familiesFor(task).map(([name]) => name)];
}

function allowedFor(task: Task): string[] {
  return [
    ...metricsFor(task).map(({ name }) => name),
    ...familiesFor(task).map(([name, { argument }]) => `${name}(${argument.example})`),
  ];
}

function familiesFor(task: Task) {
  return Object.entries(FAMILIES).filter(([, family]) => family.task === task);
}
