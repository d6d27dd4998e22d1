/** What the fault bench found, a row per kind of fault; rewritten after every trial, so that a bench that is cut leaves an honest table. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** How one trial ended. */
export interface Trial {
  /** The result came, and it is that of the undisturbed run, to the last bit. */
  readonly same: boolean;
  /** Rollbacks in the registry's log. */
  readonly effects: number;
  /** How many there should be: none where a person was faster. @default 1 */
  readonly wanted?: number;
  /** The request was never answered, though the service was there. */
  readonly hung: boolean;
  /** What it ended with instead of a result. */
  readonly lost: string | null;
  /** What else has to hold in this kind of trial, where it does not. */
  readonly broken?: string | null;
}

/** In a line. */
export function describe({ same, effects, hung, lost, broken }: Trial): string {
  if (hung) return 'hung';
  if (lost !== null) return `lost: ${lost}`;
  return `${same ? 'same digest' : 'ANOTHER DIGEST'}, ${effects} effects${broken == null ? '' : `, ${broken}`}`;
}

interface Row {
  readonly fault: string;
  readonly planned: number;
  readonly trials: Trial[];
  /** Why trials could not be made: no finding about the product. */
  readonly spoiled: string[];
  note: string;
}

export interface Fact {
  readonly what: string;
  readonly measured: string;
}

export class Ledger {
  private readonly rows = new Map<string, Row>();
  private readonly facts: Fact[] = [];

  /** @param file where the table is kept while the bench runs; none for a part of it in a test */
  constructor(
    private readonly title: string,
    private readonly file: string | null = null,
  ) {}

  /** @param planned trials; the table says so where fewer were run */
  plan(fault: string, planned: number): void {
    this.rows.set(fault, { fault, planned, trials: [], spoiled: [], note: '' });
    this.write();
  }

  enter(fault: string, trial: Trial, note = ''): void {
    const row = this.row(fault);
    row.trials.push(trial);
    if (note !== '') row.note = note;
    this.write();
  }

  /** The bench itself could not go on with a trial: it shows nothing, and it is no success. */
  spoil(fault: string, why: string): void {
    this.row(fault).spoiled.push(why);
    this.write();
  }

  note(fault: string, note: string): void {
    this.row(fault).note = note;
    this.write();
  }

  measured(what: string, measured: string): void {
    this.facts.push({ what, measured });
    this.write();
  }

  trials(fault: string): readonly Trial[] {
    return this.rows.get(fault)?.trials ?? [];
  }

  markdown(): string {
    const lines = [this.title, ''];
    if (this.rows.size > 0) {
      lines.push(
        '| fault | trials | same digest | effects as they should be | lost | hung | remarks |',
        '|---|---|---|---|---|---|---|',
      );
      for (const row of this.rows.values()) lines.push(lineOf(row));
      lines.push('');
    }
    if (this.facts.length > 0) {
      lines.push('| measured | |', '|---|---|', ...this.facts.map((fact) => `| ${fact.what} | ${fact.measured} |`), '');
    }
    return lines.join('\n');
  }

  private row(fault: string): Row {
    const row = this.rows.get(fault);
    if (row === undefined) throw new Error(`nobody planned trials of "${fault}"`);
    return row;
  }

  private write(): void {
    if (this.file === null) return;
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, this.markdown());
  }
}

function lineOf({ fault, planned, trials, spoiled, note }: Row): string {
  const count = (holds: (trial: Trial) => boolean): number => trials.filter(holds).length;
  const ran = trials.length < planned ? `${trials.length} of ${planned}` : String(trials.length);
  const broken = [...new Set(trials.flatMap((trial) => (trial.broken == null ? [] : [trial.broken])))];
  const lost = [...new Set(trials.flatMap((trial) => (trial.lost === null ? [] : [trial.lost])))];
  const untried = spoiled.length === 0 ? [] : [`${spoiled.length} not tried: ${[...new Set(spoiled)].join(', ')}`];
  const remarks = [
    note,
    ...untried,
    ...broken.map((what) => `**${what}**`),
    ...lost.map((what) => `**lost: ${what}**`),
  ];
  const cells = [
    fault,
    ran,
    count(({ same }) => same),
    count(({ effects, wanted = 1 }) => effects === wanted),
    count((trial) => trial.lost !== null),
    count(({ hung }) => hung),
    remarks.filter((text) => text !== '').join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}
