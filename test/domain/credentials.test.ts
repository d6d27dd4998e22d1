import { describe, expect, it } from 'vitest';
import { holdsCredentials, withoutCredentials } from '../../domain/credentials.js';

describe('credentials in addresses', () => {
  it.each([
    ['https://ann:pw@host/x.csv', 'https://***@host/x.csv'],
    ['s3://KEY:p@ss@bucket/x', 's3://***@bucket/x'],
    ['postgres://token@host', 'postgres://***@host'],
    ['https://host/x.csv?sig=abc&v=2', 'https://host/x.csv?sig=***&v=2'],
    [
      'https://host/x?X-Amz-Signature=abc&X-Amz-Credential=def',
      'https://host/x?X-Amz-Signature=***&X-Amz-Credential=***',
    ],
    ['see mlflow://u:p@host and mlflow://q:r@other', 'see mlflow://***@host and mlflow://***@other'],
  ])('of %s are taken out', (address, shown) => {
    expect(withoutCredentials(address)).toBe(shown);
    expect(holdsCredentials(address)).toBe(true);
  });

  it.each([
    './registry',
    'data/2026@v2.parquet',
    's3://bucket/a@b.csv',
    'https://host/x?v=2#at@',
    'C:\\data\\x.csv',
    'ann@host-7',
  ])('are not seen in %s', (address) => {
    expect(withoutCredentials(address)).toBe(address);
    expect(holdsCredentials(address)).toBe(false);
  });
});
