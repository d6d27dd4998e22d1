/**
 * Do the intervals cover what they say, does chance block no more runs than promised, and is a bad segment found as often as
 * `detectable` promises? By simulation; prints Markdown, which docs/statistics.md holds.
 *
 *     npm run bench:calibration [-- TRIALS [SEED [coverage | decisions [POPULATION]]]]
 *
 * POPULATION: only those whose name contains it, so that two processes can share the work.
 */
import { type Coverage, type CoverageCell, CONFIDENCE, SIZES, coverageOf } from './calibration/coverage.js';
import {
  type FalseBlocks,
  FALSE_BLOCK_SETTING,
  PLANTED_DROP,
  type PowerCase,
  RARE_SETTING,
  type RareFalseBlocks,
  falseBlocks,
  plantedDrop,
  rareFalseBlocks,
} from './calibration/decisions.js';
import { POPULATIONS } from './calibration/populations.js';

const TRIALS = 1_000;
const SEED = 1;
const RUNS = 1_000;
/** What an interval at 95 % may cover without being called wrong. */
const RIGHT = { from: 93.5, to: 96.5 };
/** Shares of positive rows where a segment of 150 rows has one or two of them, and six. */
const RARE = [0.01, 0.04] as const;
/** Of these each takes as long as several of the others. */
const RARE_RUNS = 400;
const CORRECTIONS = ['none', 'holm', 'bh'] as const;

/** Share of discordant rows at which 5 points are what one comparison of 400 rows finds with 80 % power. */
const DISCORDANT = 0.128;

const [trials = TRIALS, seed = SEED] = process.argv.slice(2, 4).map(Number);
const part = process.argv[4] ?? 'all';
const wanted = process.argv[5] ?? '';
const runs = Math.min(RUNS, trials);
const write = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};
const started = performance.now();

if (part !== 'decisions') {
  write(
    `Coverage of the ${percent(CONFIDENCE)} % intervals in ${grouped(trials)} samples per cell (Monte-Carlo error ±${errorOf(CONFIDENCE, trials)} points, one ` +
      `standard error). In brackets: intervals wholly below / above the truth. **Bold** marks what is outside of ${RIGHT.from}–${RIGHT.to} %. ` +
      `"u": undefined in that many per cent of the samples, which are left out.`,
  );
  write();
  for (const population of POPULATIONS.filter(({ name }) => name.includes(wanted))) {
    progress(population.name);
    coverageTable(population.unit, coverageOf(population, trials, seed));
  }
}
if (part !== 'coverage') {
  progress('A/A runs');
  falseBlockTable(falseBlocks(runs, seed, CORRECTIONS));
  for (const prevalence of RARE) {
    progress(`A/A runs, ${percent(prevalence)} % positive`);
    rareTable(rareFalseBlocks(Math.min(RARE_RUNS, trials), seed, prevalence));
  }
  progress('planted drop');
  powerTable([
    plantedDrop(0, DISCORDANT, 2 * trials, seed),
    plantedDrop(9, DISCORDANT, 2 * trials, seed),
    plantedDrop(9, 0.06, 2 * trials, seed),
  ]);
}
progress('done');

function coverageTable(unit: string | undefined, rows: readonly Coverage[]): void {
  write(`**${rows[0]!.population}**${unit === undefined ? '' : `; n is the number of ${unit}`}`);
  write();
  write(`| metric | of | method | ${SIZES.map((n) => `n = ${grouped(n)}`).join(' | ')} |`);
  write(`|---|---|---|${SIZES.map(() => '---').join('|')}|`);
  for (const { metric, kind, methods, cells } of rows) {
    const of = kind === 'candidate' ? 'value' : 'difference';
    write(
      `| ${metric} | ${of} | ${methods.join(', ')} | ${SIZES.map((_, i) => (cells[i] === undefined ? '–' : cellText(cells[i]))).join(' | ')} |`,
    );
  }
  write();
}

function cellText({ trials: all, undefined: none, covered, below, above }: CoverageCell): string {
  const defined = all - none;
  if (defined === 0) return 'undefined';
  const share = (100 * covered) / defined;
  const rounded = Number(share.toFixed(1));
  const wrong = rounded < RIGHT.from || rounded > RIGHT.to;
  const text = wrong ? bold(share) : share.toFixed(1);
  const misses = `(${((100 * below) / defined).toFixed(1)} / ${((100 * above) / defined).toFixed(1)})`;
  return `${text} ${misses}${none === 0 ? '' : ` u ${((100 * none) / all).toFixed(1)}`}`;
}

function falseBlockTable(rows: readonly FalseBlocks[]): void {
  write(
    `**False blocks**: ${grouped(runs)} runs of two models of equal quality with independent errors; ${FALSE_BLOCK_SETTING}; no drop allowed.`,
  );
  write();
  write('| checks | comparisons | correction | runs with a false block |');
  write('|---|---|---|---|');
  for (const { checks, comparisons, correction, blocked } of rows) {
    const share = blocked / runs;
    write(`| ${checks} | ${comparisons} | ${correction} | ${percent(share)} % ± ${errorOf(share, runs)} |`);
  }
  write();
}

function rareTable(rows: readonly RareFalseBlocks[]): void {
  const [{ prevalence, runs: all }] = rows as [RareFalseBlocks];
  const counted = [...new Set(rows.map((row) => row.counted))];
  const metrics = [...new Set(rows.map((row) => row.metric))];
  write(`**False blocks, ${percent(prevalence)} % positive rows**: ${grouped(all)} such runs; ${RARE_SETTING}; Holm.`);
  write();
  write(`| check | ${counted.join(' | ')} |`);
  write(`|---|${counted.map(() => '---').join('|')}|`);
  for (const metric of metrics) {
    const shares = counted.map(
      (how) => rows.find((row) => row.metric === metric && row.counted === how)!.blocked / all,
    );
    write(`| ${metric} | ${shares.map((share) => `${percent(share)} % ± ${errorOf(share, all)}`).join(' | ')} |`);
  }
  write();
}

function powerTable(rows: readonly PowerCase[]): void {
  write(
    `**Power**: a drop of ${percent(PLANTED_DROP)} points of accuracy in one segment of 400 rows, ${grouped(rows[0]!.runs)} runs each.`,
  );
  write();
  write('| comparisons | `detectable`, mean | power promised | caught |');
  write('|---|---|---|---|');
  for (const { comparisons, runs: all, caught, promised, detectable } of rows) {
    const share = caught / all;
    write(
      `| ${comparisons} | ${detectable.toFixed(4)} | ${percent(promised)} % | ${percent(share)} % ± ${errorOf(share, all)} |`,
    );
  }
}

/** Standard error of a share, in points. */
function errorOf(share: number, n: number): string {
  return (100 * Math.sqrt((share * (1 - share)) / n)).toFixed(1);
}

function percent(share: number): string {
  return String(Number((100 * share).toFixed(1)));
}

function bold(share: number): string {
  return `**${share.toFixed(1)}**`;
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

function progress(what: string): void {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${what}\n`);
}
