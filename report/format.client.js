/**
 * How a report writes numbers and names. One implementation for Node and for the browser: `html/assets.ts` embeds this
 * file as it is into report.html, so it is plain JavaScript without imports; `format.client.d.ts` has its types.
 */

const formatters = new Map();

/** Making an Intl.NumberFormat costs far more than using one; a report with 10,000 segments uses five. */
function formatter(options) {
  const key = JSON.stringify(options);
  let made = formatters.get(key);
  if (made === undefined) {
    made = new Intl.NumberFormat('en-US', options);
    formatters.set(key, made);
  }
  return made;
}

/** A hyphen is not a minus sign: it is shorter than "+" and breaks a column of signed numbers. */
const withMinus = (text) => text.replace('-', '−');

/** 46,424 */
export function count(value) {
  return withMinus(formatter({ maximumFractionDigits: 0 }).format(value));
}

/** 0.357 as 35.7 %; anything above nothing never reads 0 %. */
export function share(value) {
  if (value > 0 && value < 0.0001) return '< 0.01 %';
  const digits = value < 0.01 ? 2 : 1;
  return `${formatter({ maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value * 100)} %`;
}

/** A measured number by itself: three significant digits, no padding. */
export function plain(value, unit = '') {
  return withDigits(value, unit, 3);
}

/** A bound as the pipeline says it, 0.65432 or 12,345.1: rounded, what is shown as kept could break it. */
export function bound(value, unit = '') {
  // More digits are those of binary fractions: 0.07 × 100 is 7.000000000000001.
  return withDigits(value, unit, 12);
}

function withDigits(value, unit, digits) {
  const shown = unit === '%' ? value * 100 : value;
  return withMinus(formatter({ maximumSignificantDigits: digits }).format(shown)) + (unit === '%' ? ' %' : '');
}

/**
 * Decimals that show two significant digits of the interval's half-width, or three of the value where it has no width.
 * What lies between -1 and 1, as most metrics do, gets at least three, so that a column of them lines up.
 */
export function decimals(value, low, high) {
  const half = (high - low) / 2;
  const size = Math.abs(value);
  const least = size < 1 ? 3 : 0;
  const wanted = half > 0 ? 1 - Math.floor(Math.log10(half)) : size > 0 ? 2 - Math.floor(Math.log10(size)) : 0;
  return Math.min(6, Math.max(least, wanted));
}

/** With a fixed number of decimals; `signed` writes the plus sign of a change as well. */
export function fixed(value, digits, signed = false) {
  const options = {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: signed ? 'exceptZero' : 'negative',
  };
  return withMinus(formatter(options).format(value));
}

/** `{ value: "−0.102", interval: "[−0.124, −0.079]" }`; in percent for a relative change; `wanted` decimals, if given. */
export function estimate({ value, low, high }, { signed = false, unit = '', digits: wanted = null } = {}) {
  const scale = unit === '%' ? 100 : 1;
  const digits = wanted ?? decimals(value * scale, low * scale, high * scale);
  const one = (part) => fixed(part * scale, digits, signed);
  return { value: one(value) + (unit === '%' ? ' %' : ''), interval: `[${one(low)}, ${one(high)}]` };
}

/**
 * A value beside that of other rows, in words: "0.116 [0.090, 0.142] below the rest", "0.71 [0.62, 0.80] × the rest".
 */
export function comparison({ value, low, high }, observed, against) {
  if (observed === 'ratio') {
    const text = estimate({ value, low, high });
    return `${text.value} ${text.interval} × ${against}`;
  }
  const text = value < 0 ? estimate({ value: -value, low: -high, high: -low }) : estimate({ value, low, high });
  return `${text.value} ${text.interval} ${value < 0 ? 'below' : 'above'} ${against}`;
}

/** 0.0004 as "< 0.001": the digits of a tiny p-value mean nothing. */
export function probability(p) {
  return p < 0.001 ? '< 0.001' : fixed(p, 3);
}

/** Seconds, with as many digits as matter to a person. */
export function seconds(value) {
  return `${fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}

/*
 * Control characters (a terminal obeys them), bidirectional overrides (they reorder the text around them), line and
 * paragraph separators, byte order marks and lone surrogates. The joiners that emoji and many scripts need stay.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A name out of somebody's data, made safe to show: what cannot be seen is written as an escape such as `\u001b`. */
export function printable(name) {
  if (name === '') return '""';
  return name.replace(UNPRINTABLE, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** "12 without a prediction of the candidate, 3 of the baseline"; nothing where every row has its predictions. */
export function unpredictedText(candidate, baseline) {
  const lacking = Object.entries({ candidate, baseline }).filter(([, rows]) => rows > 0);
  return lacking
    .map(([role, rows], place) => `${count(rows)}${place === 0 ? ' without a prediction' : ''} of the ${role}`)
    .join(', ');
}

/** The word that goes with an outcome: colour is never alone. */
export const OUTCOME_WORDS = {
  fail: 'fail',
  undefined: 'undefined',
  inconclusive: 'inconclusive',
  pass: 'pass',
  unchecked: 'not checked',
};
