/** Entries of a list in the file, and rules that look at all of them together. */
import { formatPath, type Path, type Report } from '../problems.js';

/** An entry whose shape is right, with its place. Entries whose shape is wrong have been reported and are left out. */
export interface Item<Draft> {
  readonly path: Path;
  readonly draft: Draft;
}

/** Reports and tests refer to things by name, so no two may share one. */
export function refuseRepeatedNames(
  items: readonly { readonly path: Path; readonly name: string }[],
  what: string,
  report: Report,
): void {
  const first = new Map<string, Path>();
  for (const { path, name } of items) {
    const before = first.get(name);
    if (before === undefined) {
      first.set(name, path);
    } else {
      report(
        path,
        `${formatPath(path)} and ${formatPath(before)} are both called ${JSON.stringify(name)}; give one ${what} another name`,
      );
    }
  }
}
