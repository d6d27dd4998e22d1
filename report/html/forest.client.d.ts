/** Types of `forest.client.js`, which says what the functions do. */
import type { Shown } from '../format.client.js';

/** Makes an element: a string in Node, a node of the document in the browser. */
export type MakeElement<T> = (
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly (T | string)[]
) => T;

export interface Scale {
  readonly domain: readonly [number, number];
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  /** Every second tick stays labelled on a narrow screen: those whose index has this parity (that of `neutral`). */
  readonly keep: 0 | 1;
  /** Where there is no difference: 0, or 1 of a ratio; null: it is of values. */
  readonly neutral: number | null;
  /** The side of the bound that the pipeline does not allow. */
  readonly bound: { readonly at: number; readonly side: 'below' | 'above'; readonly label: string } | null;
  /** What the numbers before the outcome count. */
  readonly units: 'rows' | 'groups';
  readonly caption: string;
  /** What the horizontal axis measures. */
  readonly axis: string;
  /** The same, as the heading of the numbers. */
  readonly column: string;
}

export interface ForestRow {
  readonly label: string;
  /** Everything about it, for a tooltip. */
  readonly title: string;
  readonly rows: string;
  readonly shown: Shown;
  readonly word: string;
  readonly overall: boolean;
  readonly value: number | null;
  readonly low: number;
  readonly high: number;
  readonly text: { readonly value: string; readonly interval: string };
  /** Why there is no value. */
  readonly reason: string;
}

export interface ForestGroup {
  /** Null: the rows stand without a heading. */
  readonly label: string | null;
  readonly note: string;
  readonly rows: readonly ForestRow[];
}

export function mark<T>(el: MakeElement<T>, shown: Shown): T;
export function forest<T>(el: MakeElement<T>, scale: Scale, groups: readonly ForestGroup[]): T;
