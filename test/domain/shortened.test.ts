import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortened } from '../../domain/shortened.js';

describe('a shortened text', () => {
  it('is the text where there is room for it, and says where it was cut', () => {
    expect(shortened('carrier', 7)).toBe('carrier');
    expect(shortened('carriers', 7)).toBe('carrie…');
  });

  it('is never too long, begins as the text does and has no half characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, limit) => {
        const short = shortened(text, limit);
        expect(short.length).toBeLessThanOrEqual(Math.max(limit, 1));
        expect(text.startsWith(short.replace(/…$/, ''))).toBe(true);
        expect(Buffer.from(short, 'utf8').toString('utf8')).toBe(short);
      }),
    );
  });
});
