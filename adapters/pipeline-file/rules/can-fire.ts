/** Whether a bound can ever be broken, from what the metric can be. A check that cannot fire looks like safety and is none. */
import { metricOf } from '../../../domain/metrics/table.js';
import type { Bound, MetricName } from '../../../domain/pipeline.js';

/** Why the bound can never be broken or never be kept; null when both can happen. */
export function whyPointless(metric: MetricName, { kind, value }: Bound): string | null {
  const [min, max] = metricOf(metric).range;
  switch (kind) {
    case 'min':
      if (value <= min) return `can never fail: ${metric} is never below ${min}`;
      return value > max ? `can never pass: ${metric} is never above ${max}` : null;
    case 'max':
      if (value >= max) return `can never fail: ${metric} is never above ${max}`;
      return value < min ? `can never pass: ${metric} is never below ${min}` : null;
    case 'maxDrop':
    case 'maxIncrease':
      return value >= max - min
        ? `can never fail: ${metric} is between ${min} and ${max}, so it never changes by more than ${max - min}`
        : null;
    case 'maxRelativeDrop':
      // A metric that is never negative loses at most all of itself; one that can be negative loses without limit.
      return min >= 0 && value >= 1
        ? `can never fail: ${metric} is never negative, so it never drops by more than 1 (100 %)`
        : null;
    case 'minRatio':
      return value <= 0 ? `can never fail: a ratio of values that are not negative is never below 0` : null;
    case 'maxRatio':
      return null;
    case 'maxRelativeIncrease':
      // Without limit: the baseline may be as near to 0 as it likes.
      return null;
  }
}

/** The bound that was probably meant when this one fails a model for becoming better; null when it fails it for worse. */
export function meantInstead(metric: MetricName, { kind }: Bound): Bound['kind'] | null {
  const better = metricOf(metric).direction;
  if (better === 'lower' && kind === 'maxDrop') return 'maxIncrease';
  if (better === 'lower' && kind === 'maxRelativeDrop') return 'maxRelativeIncrease';
  if (better === 'higher' && kind === 'maxIncrease') return 'maxDrop';
  if (better === 'higher' && kind === 'maxRelativeIncrease') return 'maxRelativeDrop';
  return null;
}
