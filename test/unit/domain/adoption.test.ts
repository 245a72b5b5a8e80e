import { describe, expect, test } from 'vitest';
import { type Foundling, foreignTrait } from '../../../lambdas/domain/adoption.ts';

const key = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const;
const wanted = '{"Statement":[],"Version":"2012-10-17"}';
const ours: Foundling = {
  kmsKey: {
    keyState: 'Enabled',
    manager: 'CUSTOMER',
    origin: 'AWS_KMS',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    multiRegion: false,
    inKeyStore: false,
  },
  policy: '{ "Version": "2012-10-17",\n "Statement": [] }',
  grants: 0,
};
const having = (kmsKey: Partial<Foundling['kmsKey']>): Foundling => ({
  ...ours,
  kmsKey: { ...ours.kmsKey, ...kmsKey },
});
const { manager: _m, origin: _o, spec: _s, usage: _u, ...bare } = ours.kmsKey;

describe('a KMS key that carries a request’s tags', () => {
  test('is adopted when it is as Keyward makes it, however its policy is laid out', () => {
    expect(foreignTrait(ours, key, wanted)).toBeUndefined();
  });

  test.each<[string, Foundling]>([
    ['manager', having({ manager: 'AWS' })],
    ['manager', { ...ours, kmsKey: bare }],
    ['origin', having({ origin: 'EXTERNAL' })],
    ['origin', having({ origin: 'AWS_CLOUDHSM' })],
    ['origin', having({ inKeyStore: true })],
    ['multi-region', having({ multiRegion: true })],
    ['spec', having({ spec: 'RSA_2048' })],
    ['usage', having({ usage: 'SIGN_VERIFY' })],
    ['state', having({ keyState: 'Disabled' })],
    ['state', having({ keyState: 'PendingDeletion' })],
    ['policy', { ...ours, policy: '{"Version":"2012-10-17","Statement":[{}]}' }],
    ['policy', { ...ours, policy: '' }],
    ['grants', { ...ours, grants: 1 }],
  ])('is foreign by its %s', (trait, foundling) => {
    expect(foreignTrait(foundling, key, wanted)).toBe(trait);
  });
});
