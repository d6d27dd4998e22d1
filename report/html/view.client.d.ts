/** Types of `view.client.js`, which says what the functions do. */
import type { ReportData } from './data.js';
import type { ForestGroup, MakeElement } from './forest.client.js';
import type { View } from './views.js';

export interface PictureChoice {
  readonly order: 'worst' | 'result';
  /** Number of the one segmentation to draw beside `overall`; null: all. */
  readonly segmentation: number | null;
  readonly limit: number;
}

export interface Picture {
  readonly groups: readonly ForestGroup[];
  readonly drawn: number;
  readonly total: number;
}

/** A decoded finding; only `tableRow` looks inside. */
export interface TableEntry {
  readonly index: number;
}

export function picture(data: ReportData, view: View, choice: PictureChoice): Picture;
export function tableEntry(data: ReportData, index: number): TableEntry;
export const COLUMNS: readonly {
  readonly key: string;
  readonly title: string;
  readonly className: string;
  readonly interval?: boolean;
}[];
export function tableRow<T>(el: MakeElement<T>, data: ReportData, entry: TableEntry): T;
