/** Types of `format.client.js`, which says what the functions do. */
import type { Outcome } from '../domain/result.js';

/** `%` for a relative change; nothing for a metric's own unit. */
export type Unit = '' | '%';

/** An outcome of a check, or that no check looks at this metric. */
export type Shown = Outcome | 'unchecked';

/**
 * What a check compares with its bound: the candidate's value, its change from the baseline, or how it differs from the
 * candidate's on other rows (`gap`) or what multiple of that it is (`ratio`).
 */
export type Observed = 'value' | 'change' | 'gap' | 'ratio';

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export function count(value: number): string;
export function share(value: number): string;
export function plain(value: number, unit?: Unit): string;
export function bound(value: number, unit?: Unit): string;
export function decimals(value: number, low: number, high: number): number;
export function fixed(value: number, digits: number, signed?: boolean): string;
export function estimate(
  interval: Interval,
  options?: { readonly signed?: boolean; readonly unit?: Unit; readonly digits?: number },
): { readonly value: string; readonly interval: string };
export function comparison(interval: Interval, observed: 'gap' | 'ratio', against: string): string;
export function probability(p: number): string;
export function seconds(value: number): string;
export function printable(name: string): string;
export function unpredictedText(candidate: number, baseline: number): string;
export const OUTCOME_WORDS: Readonly<Record<Shown, string>>;
