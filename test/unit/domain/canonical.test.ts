import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, sha256Canonical } from '../../../lambdas/domain/canonical.ts';
import { InvalidInput } from '../../../lambdas/domain/errors.ts';

describe('canonicalJson', () => {
  test('writes the example of RFC 8785 section 3.2 as the RFC does', () => {
    const example = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],` +
        String.raw`"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    );
    expect(canonicalJson(example)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test('reads back as the same value and does not depend on the order of fields', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
      { numRuns: 50 },
    );
  });

  test('takes a field that is undefined for one that is absent', () => {
    expect(canonicalJson({ a: 1, b: undefined })).toBe('{"a":1}');
  });

  test.each([
    ['an unpaired surrogate', { text: '\ud800' }],
    ['NaN', { number: Number.NaN }],
    ['undefined', undefined],
  ])('refuses %s', (_what, value) => {
    expect(() => canonicalJson(value)).toThrow(InvalidInput);
  });
});

test('sha256Canonical hashes the UTF-8 of the canonical form', () => {
  // printf '{"a":"\u20ac","b":1}' | sha256sum
  expect(sha256Canonical({ b: 1, a: '€' })).toBe(
    '2c6fbbec1f6bfa5ea5d93187c7f6960ae2fbc3f05c442ebb923b9a6777b85c76',
  );
});
