import { expect, it } from 'vitest';
import {
  bound,
  count,
  decimals,
  estimate,
  fixed,
  plain,
  printable,
  probability,
  seconds,
  share,
} from '../../report/format.client.js';

it('writes counts with separators and shares in percent', () => {
  expect([count(0), count(46_424), count(1_234_567)]).toEqual(['0', '46,424', '1,234,567']);
  expect([share(0.357), share(0.0035), share(0.00001), share(0), share(1)]).toEqual([
    '35.7 %',
    '0.35 %',
    '< 0.01 %',
    '0.00 %',
    '100.0 %',
  ]);
});

it('gives an interval the digits that its width deserves', () => {
  expect(estimate({ value: 0.78558, low: 0.7825, high: 0.78864 })).toEqual({
    value: '0.7856',
    interval: '[0.7825, 0.7886]',
  });
  expect(estimate({ value: -0.1018, low: -0.1152, high: -0.0884 }, { signed: true })).toEqual({
    value: '−0.102',
    interval: '[−0.115, −0.088]',
  });
  expect(estimate({ value: 1234.5, low: 1200, high: 1269 })).toEqual({ value: '1,235', interval: '[1,200, 1,269]' });
  expect(estimate({ value: 0.05, low: -0.02, high: 0.12 }, { signed: true, unit: '%' })).toEqual({
    value: '+5.0 %',
    interval: '[−2.0, +12.0]',
  });
});

it('does not fall over intervals without width, and never shows a minus zero', () => {
  expect(decimals(0, 0, 0)).toBe(3);
  expect(estimate({ value: 0, low: 0, high: 0 }, { signed: true })).toEqual({
    value: '0.000',
    interval: '[0.000, 0.000]',
  });
  expect(fixed(-0.0001, 2)).toBe('0.00');
  expect(fixed(-0.0001, 2, true)).toBe('0.00');
});

it('writes bounds, p-values and seconds', () => {
  expect([plain(0.02), plain(-0.02), plain(0.12345, '%')]).toEqual(['0.02', '−0.02', '12.3 %']);
  expect([bound(0.65432), bound(12_345.1), bound(-0.02), bound(0.07, '%'), bound(0.0000001)]).toEqual([
    '0.65432',
    '12,345.1',
    '−0.02',
    '7 %',
    '0.0000001',
  ]);
  expect([probability(0.00004), probability(0.0123)]).toEqual(['< 0.001', '0.012']);
  expect([seconds(0.412), seconds(14.2), seconds(318)]).toEqual(['0.41 s', '14.2 s', '318 s']);
});

it('makes what cannot be seen visible, and leaves scripts and emoji alone', () => {
  expect(printable('')).toBe('""');
  expect(printable('a\tb\nc')).toBe('a\\tb\\nc');
  expect(printable('\u001b[31m\u202e\u0000\ud800')).toBe('\\u001b[31m\\u202e\\u0000\\ud800');
  expect(printable('مطار 👩‍✈️ 長い')).toBe('مطار 👩‍✈️ 長い');
});
