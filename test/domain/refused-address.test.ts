import { describe, expect, it } from 'vitest';
import { SegmentryError } from '../../domain/errors.js';
import { credentialsProblem, refuseCredentials } from '../../domain/refused-address.js';

describe('an address with a password', () => {
  it('is refused with its place and what to do, and without the password', () => {
    const problem = credentialsProblem('s3://KEY:hunter2@bucket/x', 'data.source');
    expect(problem).toMatch(/^data\.source is "s3:\/\/\*\*\*@bucket\/x": .*environment/);
    expect(() => refuseCredentials('s3://KEY:hunter2@bucket/x', '--store')).toThrow(/^--store is "s3:\/\/\*\*\*@/);
  });

  it('is the only one that is refused', () => {
    expect(credentialsProblem('s3://bucket/x', 'data.source')).toBeNull();
    expect(() => refuseCredentials('./registry', '--registry')).not.toThrow();
  });

  it('shows in no message of an error that quotes it', () => {
    expect(new SegmentryError('no file at https://ann:hunter2@host/x', 'data').message).toBe(
      'no file at https://***@host/x',
    );
  });
});
