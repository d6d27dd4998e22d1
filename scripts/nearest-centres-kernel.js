/**
 * The kernel that finds the nearest centres, as WebAssembly text: two rows an instruction, where JavaScript does one. A row's sum goes
 * through its features in their order, so it has the bits that it has by itself.
 */

/** Rows whose sums are made together, two a vector: the centre's number is loaded once for both vectors. */
export const ROWS_AT_ONCE = 4;

/** Of a number of 64 bits. */
const BYTES = 8;

const apart = (sum, offset) => `
  (local.set $apart
    (f64x2.sub
      (v128.load offset=${offset} (local.get $point))
      (local.get $coordinate)))
  (local.set ${sum} (f64x2.add (local.get ${sum}) (f64x2.mul (local.get $apart) (local.get $apart))))`;

/** Never true of NaN, nor of infinity: a row that misses a feature is near to no centre. */
const nearer = (sum, nearest, code) => `
  (local.set $isNearer (f64x2.lt (local.get ${sum}) (local.get ${nearest})))
  (local.set ${nearest} (v128.bitselect (local.get ${sum}) (local.get ${nearest}) (local.get $isNearer)))
  (local.set ${code} (v128.bitselect (i64x2.splat (i64.extend_i32_u (local.get $cluster))) (local.get ${code}) (local.get $isNearer)))`;

const store = (row, code, lane) =>
  `(i32.store offset=${row * 4} (local.get $codes) (i32x4.extract_lane ${lane} (local.get ${code})))`;

/**
 * - `standardise`: (x - mean) / scale of $rows numbers of float32 from $from on, as float64 from $to on
 * - `nearest`: of $groups times four rows the cluster whose centre is nearest, $clusters where none is. $points: feature by feature,
 *   $featureBytes each; $centres: centre by centre, $features numbers each; $codes: an i32 a row
 */
export const KERNEL_TEXT = `(module
  (memory (export "memory") 0)
  (func (export "standardise")
    (param $from i32) (param $to i32) (param $pairs i32) (param $mean f64) (param $scale f64)
    (loop $eachPair
      (v128.store (local.get $to)
        (f64x2.div
          (f64x2.sub (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $from))) (f64x2.splat (local.get $mean)))
          (f64x2.splat (local.get $scale))))
      (local.set $from (i32.add (local.get $from) (i32.const ${BYTES})))
      (local.set $to (i32.add (local.get $to) (i32.const ${2 * BYTES})))
      (br_if $eachPair (local.tee $pairs (i32.sub (local.get $pairs) (i32.const 1))))))
  (func (export "nearest")
    (param $points i32) (param $featureBytes i32) (param $features i32)
    (param $centres i32) (param $clusters i32)
    (param $codes i32) (param $groups i32)
    (local $cluster i32) (local $centre i32) (local $point i32) (local $feature i32)
    (local $coordinate v128) (local $apart v128) (local $isNearer v128)
    (local $sumA v128) (local $sumB v128) (local $nearestA v128) (local $nearestB v128) (local $codeA v128) (local $codeB v128)
    (loop $eachGroup
      (local.set $nearestA (f64x2.splat (f64.const inf)))
      (local.set $nearestB (local.get $nearestA))
      (local.set $codeA (i64x2.splat (i64.extend_i32_u (local.get $clusters))))
      (local.set $codeB (local.get $codeA))
      (local.set $centre (local.get $centres))
      (local.set $cluster (i32.const 0))
      (loop $eachCluster
        (local.set $sumA (f64x2.splat (f64.const 0)))
        (local.set $sumB (local.get $sumA))
        (local.set $point (local.get $points))
        (local.set $feature (local.get $features))
        (loop $eachFeature
          (local.set $coordinate (v128.load64_splat (local.get $centre)))
          ${apart('$sumA', 0)}
          ${apart('$sumB', 2 * BYTES)}
          (local.set $centre (i32.add (local.get $centre) (i32.const ${BYTES})))
          (local.set $point (i32.add (local.get $point) (local.get $featureBytes)))
          (br_if $eachFeature (local.tee $feature (i32.sub (local.get $feature) (i32.const 1)))))
        ${nearer('$sumA', '$nearestA', '$codeA')}
        ${nearer('$sumB', '$nearestB', '$codeB')}
        (br_if $eachCluster
          (i32.lt_u (local.tee $cluster (i32.add (local.get $cluster) (i32.const 1))) (local.get $clusters))))
      ${store(0, '$codeA', 0)}
      ${store(1, '$codeA', 2)}
      ${store(2, '$codeB', 0)}
      ${store(3, '$codeB', 2)}
      (local.set $points (i32.add (local.get $points) (i32.const ${ROWS_AT_ONCE * BYTES})))
      (local.set $codes (i32.add (local.get $codes) (i32.const ${ROWS_AT_ONCE * 4})))
      (br_if $eachGroup (local.tee $groups (i32.sub (local.get $groups) (i32.const 1)))))))`;
