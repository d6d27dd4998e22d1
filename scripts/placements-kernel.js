/**
 * The kernel that places the rows of one class among those of the other, as WebAssembly text: a radix sort of words of 64 bits, which carry
 * score and row together, and sums of squares. JavaScript sorts score and row as two arrays, in twice as many streams of memory as the
 * processor keeps addresses for, and compiles each loop while the first rows go through it.
 */

/** The 32 bits of a score are sorted by so many digits, of as many bits as what differs among the scores needs. */
export const DIGITS = 3;
/** 32 bits in three digits. */
export const MOST_DIGIT_BITS = 11;
const COUNTERS_BYTES = 4 << MOST_DIGIT_BITS;

// Where things are in memory, in bytes. First the counters of each digit.

/** The smallest and the largest key. */
export const SPAN_AT = DIGITS * COUNTERS_BYTES;
/** How far a walk over sorted words has come: address of the next word; rows of the classes: positives from there on, negatives below. */
export const CURSOR_AT = SPAN_AT + 16;
/** Of positive rows, then of negative ones: smallest and largest placement, largest squared distance from the mean. */
export const SPREADS_AT = CURSOR_AT + 16;
export const SPREAD_BYTES = 32;
/** The sum of these squares, of positive rows and then of negative ones: a high and a low half by exponent, as `ExactSum` has them. */
export const BINS_AT = SPREADS_AT + 2 * SPREAD_BYTES;
/** Biased exponents of doubles below 8: placements are 0 to 1, their differences -1 to 1, and neither is farther than 2 from their mean. */
export const EXPONENTS = 1026;
const BIN_BYTES = 16;
const BINS_BYTES = EXPONENTS * BIN_BYTES;
/** From here on there is room for rows. */
export const ROWS_AT = BINS_AT + 2 * BINS_BYTES;

/** The upper 26 significant bits of a double, so that what is left has 27. */
const UPPER_HALF = '0xfffffffff8000000';

const advance = (pointer, bytes) => `(local.set ${pointer} (i32.add (local.get ${pointer}) (i32.const ${bytes})))`;
const whileBelow = (loop, pointer, end) => `(br_if ${loop} (i32.lt_u (local.get ${pointer}) (local.get ${end})))`;
const digitOf = (word) => `(i32.shl (i32.and ${word} (local.get $mask)) (i32.const 2))`;

/** The next digit of the key is one more that has this value. */
const countDigit = (digit) => `
  (local.set $counter ${digitOf('(local.get $key)')})
  (i32.store offset=${digit * COUNTERS_BYTES} (local.get $counter)
    (i32.add (i32.load offset=${digit * COUNTERS_BYTES} (local.get $counter)) (i32.const 1)))
  (local.set $key (i32.shr_u (local.get $key) (local.get $bits)))`;

/** Rows as sorted words: $place and $start are addresses. */
const WORDS = {
  begin: `(local.set $key (i32.load offset=4 (local.get $place)))`,
  isPositive: `(i32.and (i32.load (local.get $place)) (i32.const 1))`,
  step: advance('$place', 8),
  isTied: `(i32.eq (i32.load offset=4 (local.get $place)) (local.get $key))`,
  rows: `(i32.shr_u (i32.sub (local.get $place) (local.get $start)) (i32.const 3))`,
};

/** Rows as two bits each, as `LabelOrder` has them: $place and $start are numbers of rows. */
const entry = `(i32.shr_u
  (i32.load8_u (i32.add (local.get $entries) (i32.shr_u (local.get $place) (i32.const 2))))
  (i32.shl (i32.and (local.get $place) (i32.const 3)) (i32.const 1)))`;
const ENTRIES = {
  begin: '',
  isPositive: `(i32.and ${entry} (i32.const 1))`,
  step: advance('$place', 1),
  isTied: `(i32.and (i32.shr_u ${entry} (i32.const 1)) (i32.const 1))`,
  rows: `(i32.sub (local.get $place) (local.get $start))`,
};

/** Goes on to the next score: how many rows of each class have it, and twice how many of the other class they are placed above or below. */
const nextScore = ({ begin, isPositive, step, isTied, rows }) => `
  (local.set $negativesBelow (i32.add (local.get $negativesBelow) (local.get $negatives)))
  ${begin}
  (local.set $start (local.get $place))
  (local.set $positives (i32.const 0))
  (block $otherScore
    (loop $eachTied
      (local.set $positives (i32.add (local.get $positives) ${isPositive}))
      ${step}
      (br_if $otherScore (i32.ge_u (local.get $place) (local.get $end)))
      (br_if $eachTied ${isTied})))
  (local.set $negatives (i32.sub ${rows} (local.get $positives)))
  (local.set $positivesAbove (i32.sub (local.get $positivesAbove) (local.get $positives)))
  (local.set $positivesPlace (i32.add (i32.shl (local.get $negativesBelow) (i32.const 1)) (local.get $negatives)))
  (local.set $negativesPlace (i32.add (i32.shl (local.get $positivesAbove) (i32.const 1)) (local.get $positives)))`;

/** The sum of twice the placements of the positive rows, from the cursor to $stop and to the end of the last score's rows. */
const walkForWins = (rows) => `
  ${SCORE_LOCALS} (local $wins f64)
  ${loadCursor}
  (loop $eachScore
    ${nextScore(rows)}
    (local.set $wins
      (f64.add
        (local.get $wins)
        (f64.mul (f64.convert_i32_u (local.get $positives)) (f64.convert_i32_u (local.get $positivesPlace)))))
    ${whileBelow('$eachScore', '$place', '$stop')})
  ${storeCursor}
  (local.get $wins)`;

/** The spread of placements, of the same rows. $ofNegatives: twice the rows of that class. */
const walkForSpread = (rows, alsoForEachScore = '') => `
  ${SCORE_LOCALS} ${SPREAD_LOCALS} (local $times f64)
  ${loadCursor}
  (loop $eachScore
    ${nextScore(rows)}
    ${alsoForEachScore}
    ${placed(0, '$positives', '$positivesPlace', '$ofNegatives')}
    ${placed(1, '$negatives', '$negativesPlace', '$ofPositives')}
    ${whileBelow('$eachScore', '$place', '$stop')})
  ${storeCursor}`;

/** What a placement adds to the spread of its class, so many times. $mean is that of all. */
const addPlacement = (index) => {
  const number = (field) => `offset=${SPREADS_AT + index * SPREAD_BYTES + field * 8} (i32.const 0)`;
  const bins = BINS_AT + index * BINS_BYTES;
  return `
    (f64.store ${number(0)}
      (select (local.get $placement) (f64.load ${number(0)}) (f64.lt (local.get $placement) (f64.load ${number(0)}))))
    (f64.store ${number(1)}
      (select (local.get $placement) (f64.load ${number(1)}) (f64.gt (local.get $placement) (f64.load ${number(1)}))))
    (local.set $square (f64.sub (local.get $placement) (local.get $mean)))
    (local.set $square (f64.mul (local.get $square) (local.get $square)))
    (f64.store ${number(2)}
      (select (local.get $square) (f64.load ${number(2)}) (f64.gt (local.get $square) (f64.load ${number(2)}))))
    (local.set $high (f64.reinterpret_i64 (i64.and (i64.reinterpret_f64 (local.get $square)) (i64.const ${UPPER_HALF}))))
    (local.set $bin
      (i32.shl (i32.wrap_i64 (i64.shr_u (i64.reinterpret_f64 (local.get $square)) (i64.const 52))) (i32.const 4)))
    (f64.store offset=${bins} (local.get $bin)
      (f64.add (f64.load offset=${bins} (local.get $bin)) (f64.mul (local.get $high) (local.get $times))))
    (f64.store offset=${bins + 8} (local.get $bin)
      (f64.add
        (f64.load offset=${bins + 8} (local.get $bin))
        (f64.mul (f64.sub (local.get $square) (local.get $high)) (local.get $times))))`;
};

const placed = (index, rows, place, others) => `
  (if (local.get ${rows})
    (then
      (local.set $placement (f64.div (f64.convert_i32_u (local.get ${place})) (local.get ${others})))
      (local.set $times (f64.convert_i32_u (local.get ${rows})))
      ${addPlacement(index)}))`;

const twice = (pointer) => `(f64.convert_i32_u (i32.load (local.get ${pointer})))`;
const apart = (index, others) => `
  (local.set $placement
    (f64.sub (f64.div ${twice('$first')} (local.get ${others})) (f64.div ${twice('$second')} (local.get ${others}))))
  ${addPlacement(index)}`;

const SPREAD_LOCALS = '(local $placement f64) (local $square f64) (local $high f64) (local $bin i32)';
const SCORE_LOCALS = `
  (local $place i32) (local $positivesAbove i32) (local $negativesBelow i32)
  (local $key i32) (local $start i32) (local $positives i32) (local $negatives i32)
  (local $positivesPlace i32) (local $negativesPlace i32)`;
const CURSOR = ['$place', '$positivesAbove', '$negativesBelow'];
const loadCursor = CURSOR.map(
  (name, index) => `(local.set ${name} (i32.load offset=${CURSOR_AT + 4 * index} (i32.const 0)))`,
).join('\n');
/** All rows of the last score have been gone through. */
const storeCursor = `
  (local.set $negativesBelow (i32.add (local.get $negativesBelow) (local.get $negatives)))
  ${CURSOR.map((name, index) => `(i32.store offset=${CURSOR_AT + 4 * index} (i32.const 0) (local.get ${name}))`).join('\n')}`;

/** Twice the placement of each row of the score, by row. */
const PLACE_ROWS = `
  (loop $eachRow
    (local.set $entry (i32.load (local.get $start)))
    (i32.store
      (i32.add (local.get $twice) (i32.shl (i32.shr_u (local.get $entry) (i32.const 1)) (i32.const 2)))
      (select (local.get $positivesPlace) (local.get $negativesPlace) (i32.and (local.get $entry) (i32.const 1))))
    ${advance('$start', 8)}
    ${whileBelow('$eachRow', '$start', '$place')})`;

/**
 * Scores are float32 without NaN; labels a byte of 0 or 1 each. Words: twice the row's number and its label (i32), key of its score (i32).
 *
 * All of them may be called for a piece of the rows after the other, and have to be: code is made fast between two calls only.
 *
 * - `span`: adds scores to the smallest and the largest key, at ${SPAN_AT}
 * - `pack`: the words of rows, $row twice the first one's number, keys from $least on; counts each of the digits of $bits
 * - `sort`: words to where $places says for their digit, in their order
 * - `wins`: of sorted words from the cursor to $stop, and of those that score as the last of them: the sum of twice the placements of the
 *   positive rows
 * - `place`: of the same words: twice the placement of each row, by row, and the spread of the placements
 * - `winsInOrder`, `spreadInOrder`: the same of an order of labels, by row from the cursor on
 * - `compare`: the spread of the differences between two models' placements, by row
 */
export const KERNEL_TEXT = `(module
  (memory (export "memory") 0)
  (func $keyOf (param $score i32) (result i32)
    ;; -0 is 0. Negative numbers grow downwards: all their bits turn; positive ones come above them.
    (local.set $score
      (select (i32.const 0) (local.get $score) (i32.eq (local.get $score) (i32.const 0x80000000))))
    (i32.xor
      (local.get $score)
      (i32.or (i32.shr_s (local.get $score) (i32.const 31)) (i32.const 0x80000000))))
  (func (export "span") (param $score i32) (param $end i32)
    (local $key i32) (local $least i32) (local $most i32)
    (local.set $least (i32.load offset=${SPAN_AT} (i32.const 0)))
    (local.set $most (i32.load offset=${SPAN_AT + 4} (i32.const 0)))
    (loop $eachRow
      (local.set $key (call $keyOf (i32.load (local.get $score))))
      (local.set $least
        (select (local.get $key) (local.get $least) (i32.lt_u (local.get $key) (local.get $least))))
      (local.set $most (select (local.get $key) (local.get $most) (i32.gt_u (local.get $key) (local.get $most))))
      ${advance('$score', 4)}
      ${whileBelow('$eachRow', '$score', '$end')})
    (i32.store offset=${SPAN_AT} (i32.const 0) (local.get $least))
    (i32.store offset=${SPAN_AT + 4} (i32.const 0) (local.get $most)))
  (func (export "pack")
    (param $score i32) (param $end i32) (param $row i32) (param $label i32) (param $word i32) (param $least i32) (param $bits i32)
    (local $key i32) (local $mask i32) (local $counter i32)
    (local.set $mask (i32.sub (i32.shl (i32.const 1) (local.get $bits)) (i32.const 1)))
    (loop $eachRow
      (local.set $key (i32.sub (call $keyOf (i32.load (local.get $score))) (local.get $least)))
      (i32.store (local.get $word) (i32.add (local.get $row) (i32.load8_u (local.get $label))))
      (i32.store offset=4 (local.get $word) (local.get $key))
      ${Array.from({ length: DIGITS }, (_, digit) => countDigit(digit)).join('')}
      ${advance('$row', 2)}
      ${advance('$label', 1)}
      ${advance('$word', 8)}
      ${advance('$score', 4)}
      ${whileBelow('$eachRow', '$score', '$end')}))
  (func (export "sort")
    (param $word i32) (param $end i32) (param $to i32) (param $places i32) (param $shift i32) (param $mask i32)
    (local $moved i64) (local $counter i32) (local $place i32) (local $bitsBelow i64)
    (local.set $bitsBelow (i64.add (i64.extend_i32_u (local.get $shift)) (i64.const 32)))
    (loop $eachRow
      (local.set $moved (i64.load (local.get $word)))
      (local.set $counter
        (i32.add
          (local.get $places)
          ${digitOf('(i32.wrap_i64 (i64.shr_u (local.get $moved) (local.get $bitsBelow)))')}))
      (local.set $place (i32.load (local.get $counter)))
      (i32.store (local.get $counter) (i32.add (local.get $place) (i32.const 8)))
      (i64.store (i32.add (local.get $to) (local.get $place)) (local.get $moved))
      ${advance('$word', 8)}
      ${whileBelow('$eachRow', '$word', '$end')}))
  (func (export "wins") (param $stop i32) (param $end i32) (result f64)
    ${walkForWins(WORDS)})
  (func (export "place")
    (param $stop i32) (param $end i32) (param $twice i32)
    (param $mean f64) (param $ofNegatives f64) (param $ofPositives f64)
    (local $entry i32)
    ${walkForSpread(WORDS, PLACE_ROWS)})
  (func (export "winsInOrder") (param $stop i32) (param $end i32) (param $entries i32) (result f64)
    ${walkForWins(ENTRIES)})
  (func (export "spreadInOrder")
    (param $stop i32) (param $end i32) (param $entries i32)
    (param $mean f64) (param $ofNegatives f64) (param $ofPositives f64)
    ${walkForSpread(ENTRIES)})
  (func (export "compare")
    (param $first i32) (param $end i32) (param $second i32) (param $label i32)
    (param $mean f64) (param $ofNegatives f64) (param $ofPositives f64)
    ${SPREAD_LOCALS} (local $times f64)
    (local.set $times (f64.const 1))
    (loop $eachRow
      (if (i32.load8_u (local.get $label))
        (then ${apart(0, '$ofNegatives')})
        (else ${apart(1, '$ofPositives')}))
      ${advance('$first', 4)}
      ${advance('$second', 4)}
      ${advance('$label', 1)}
      ${whileBelow('$eachRow', '$first', '$end')})))`;
