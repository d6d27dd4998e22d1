/** Work over all rows, cut for the processes that do it side by side. */

/** Fewer rows than this are one process's: sending a job costs some milliseconds, and a scan begins anew. */
const FEWEST_ROWS = 100_000;

export interface Share {
  /** Rows with from <= number < to. */
  readonly from: number;
  readonly to: number;
}

/** Even shares in the order of the rows; one share where there are few rows or none. */
export function shares(rows: number, processes: number): readonly Share[] {
  const count = Math.max(1, Math.min(processes, Math.floor(rows / FEWEST_ROWS)));
  return Array.from({ length: count }, (_share, index) => ({
    from: Math.floor((rows * index) / count),
    to: Math.floor((rows * (index + 1)) / count),
  }));
}
