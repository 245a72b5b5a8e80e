import { describe, expect, test } from 'vitest';
import { boundedEvidence } from '../../../lambdas/domain/evidence-size.ts';
import type { Evidence } from '../../../lambdas/domain/request.ts';

type KmsKey = Evidence['kmsKeys'][number];

function kmsKey(version: number, grants: number, some: Partial<KmsKey> = {}): KmsKey {
  return {
    version,
    kmsKeyArn: `arn:k${version}`,
    keyState: 'Enabled',
    aliases: ['alias/b', 'alias/a'],
    grants: Array.from({ length: grants }, (_none, index) => ({
      grantId: `g${String(index).padStart(5, '0')}`,
      grantee: `arn:aws:iam::111122223333:role/${'r'.repeat(64)}-${index}`,
      operations: ['Decrypt', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo', 'DescribeKey'],
    })).toReversed(),
    ...some,
  };
}

function evidenceOf(...kmsKeys: KmsKey[]): Evidence {
  return { collectedAt: '2026-11-25T03:02:22.000Z', kmsKeys, consumers: [], gaps: ['One gap.'] };
}

describe('evidence', () => {
  test('that is not long is kept whole, in one order whatever KMS tells first', () => {
    const told = evidenceOf(kmsKey(1, 3), kmsKey(2, 0, { policyPrincipals: ['p2', 'p1'] }));
    const bounded = boundedEvidence(told);
    expect(bounded.gaps).toEqual(['One gap.']);
    expect(bounded.kmsKeys[0]?.grants.map(({ grantId }) => grantId)).toEqual(['g00000', 'g00001', 'g00002']);
    expect(bounded.kmsKeys[0]?.aliases).toEqual(['alias/a', 'alias/b']);
    expect(bounded.kmsKeys[0]).not.toHaveProperty('policyPrincipals');
    expect(bounded.kmsKeys[1]?.policyPrincipals).toEqual(['p1', 'p2']);
    const backwards = structuredClone(told);
    for (const { grants } of backwards.kmsKeys) grants.reverse();
    expect(boundedEvidence(backwards)).toEqual(bounded);
  });

  test('of as many grants as KMS allows fits into its record, and says what is left out', () => {
    const bounded = boundedEvidence(evidenceOf(kmsKey(1, 150), kmsKey(2, 50_000)));
    expect(bounded.kmsKeys.map(({ grants }) => grants.length)).toEqual([150, 50]);
    expect(bounded.gaps[1]).toMatch(/^Of 50150 grants only 200 are listed\. SHA-256 of all: [0-9a-f]{64}\.$/);
    // DynamoDB's limit is 400 KB an item.
    expect(JSON.stringify(bounded).length).toBeLessThan(200_000);
  });

  test('changes with a grant that is not listed', () => {
    const told = evidenceOf(kmsKey(1, 1000));
    const last = told.kmsKeys[0]?.grants[0];
    const changed = structuredClone(told);
    changed.kmsKeys[0]?.grants.splice(0, 1, {
      grantId: last?.grantId ?? '',
      grantee: 'mallory',
      operations: [],
    });
    expect(boundedEvidence(changed).kmsKeys).toEqual(boundedEvidence(told).kmsKeys);
    expect(boundedEvidence(changed).gaps).not.toEqual(boundedEvidence(told).gaps);
  });
});
