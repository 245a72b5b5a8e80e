import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestDigest, shortDigest } from '../../../lambdas/domain/digest.ts';
import type { RequestRecord } from '../../../lambdas/domain/request.ts';
import { aRequest } from './examples.ts';

/** For every field that an approval binds, another value of it. */
const otherValues: {
  [Field in keyof Parameters<typeof requestDigest>[0]]-?: readonly RequestRecord[Field][];
} = {
  requestId: ['req_01KAWXCYJ7P8M2Q4R6S8T0V2W6'],
  keyId: ['key_01KAWXCYJ7P8M2Q4R6S8T0V2W6'],
  owner: ['treasury'],
  parameters: [
    { operation: 'revoke', mode: 'compromise' },
    { operation: 'destroy', windowDays: 30 },
    { operation: 'destroy', windowDays: 7 },
  ],
  requester: [
    { ...aRequest.requester, id: 'person:mallory' },
    { ...aRequest.requester, name: 'mallory' },
    { ...aRequest.requester, kind: 'machine' },
  ],
  reason: ['suspected leak of a backup.'],
  classHash: ['e'.repeat(64)],
  evidence: [
    undefined,
    { collectedAt: '2026-11-25T03:02:23.000Z', kmsKeys: [], gaps: [] },
    { collectedAt: '2026-11-25T03:02:23.001Z', kmsKeys: [], gaps: ['Usage before 2026-11-01 is unknown.'] },
  ],
  expiresAt: ['2026-12-02T03:02:22.001Z'],
  nonce: ['f'.repeat(64)],
  approval: [
    { ...aRequest.approval, quorum: 1 },
    { ...aRequest.approval, groups: ['security', 'owner'] },
    { ...aRequest.approval, expiresAfter: 'P8D' },
  ],
};

describe('requestDigest', () => {
  test('is pinned: a change of it would make every standing approval void', () => {
    // Computed apart from this code: sha256 of json.dumps(..., sort_keys=True, separators=(',', ':')).
    expect(requestDigest(aRequest)).toBe('9a9f85e961073115efb737bca8fb1154a2f24d0ed3b5498f5ee7ad9a6f1ab209');
  });

  test.each(
    Object.entries(otherValues).flatMap(([field, values]) => values.map((value) => [field, value] as const)),
  )('changes with %s', (field, value) => {
    expect(requestDigest({ ...aRequest, [field]: value })).not.toBe(requestDigest(aRequest));
  });

  test('is different for any two different reasons', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (reason, other) => {
        fc.pre(reason !== other);
        expect(requestDigest({ ...aRequest, reason })).not.toBe(
          requestDigest({ ...aRequest, reason: other }),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('does not change with the progress of the request or the order of its fields', () => {
    const later: RequestRecord = {
      ...aRequest,
      state: 'executing',
      rowVersion: 9,
      updatedAt: '2026-11-26T00:00:00.000Z',
      digest: '1'.repeat(64),
    };
    const { approval, ...rest } = later;
    expect(requestDigest({ approval, ...rest })).toBe(requestDigest(aRequest));
  });
});

test('shortDigest shows the first twelve digits in groups', () => {
  expect(shortDigest(`3f9a12bc77de${'0'.repeat(52)}`)).toBe('3f9a-12bc-77de');
});
