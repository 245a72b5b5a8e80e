import { describe, expect, it } from 'vitest';
import { consequencesOf } from '../../../lambdas/approvals/consequences.ts';
import type { Evidence, RequestParameters } from '../../../lambdas/domain/request.ts';
import { aKey } from '../domain/examples.ts';

const AT = '2026-11-25T03:02:23.000Z';
type KmsKey = Evidence['kmsKeys'][number];
const kmsKey = (changes: Partial<KmsKey> = {}): KmsKey => ({
  version: 1,
  kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  keyState: 'Enabled',
  aliases: ['alias/keyward/payments/orders'],
  grants: [],
  policyPrincipals: [],
  ...changes,
});
const evidenceOf = (changes: Partial<Evidence> = {}): Evidence => ({
  collectedAt: AT,
  kmsKeys: [kmsKey()],
  consumers: [],
  gaps: [],
  ...changes,
});
const destroy: RequestParameters = { operation: 'destroy', windowDays: 30 };
const suspend: RequestParameters = { operation: 'revoke', mode: 'suspend' };
const follows = (
  evidence: Partial<Evidence>,
  parameters: RequestParameters = suspend,
  usage: (typeof aKey)['usage'] = 'ENCRYPT_DECRYPT',
) => consequencesOf({ evidence: evidenceOf(evidence), key: { alias: aKey.alias, usage }, parameters });

describe('what follows', () => {
  it.each([
    { operation: 'generate' },
    { operation: 'rotate', cause: 'request' },
    { operation: 'reinstate' },
    { operation: 'cancel-destruction' },
  ] as const)('from $operation takes nothing away', (parameters) => {
    expect(follows({}, parameters)).toEqual([]);
  });

  it.each([
    [suspend, 'ENCRYPT_DECRYPT', 'cannot be decrypted by anybody until the key is reinstated.'],
    [{ operation: 'revoke', mode: 'compromise' }, 'ENCRYPT_DECRYPT', 'by anybody, from then on.'],
    [destroy, 'ENCRYPT_DECRYPT', '30 days later what only this key decrypts is lost for good'],
    [suspend, 'SIGN_VERIFY', 'KMS verifies none of its signatures.'],
    [destroy, 'SIGN_VERIFY', 'only whoever has kept a copy of the public key can verify them.'],
  ] as const)('from %o for what a key of %s protects is said first', (parameters, usage, sentence) => {
    expect(follows({}, parameters, usage)[0]).toContain(sentence);
  });

  it('for a key that is stopped already says so', () => {
    const parameters = { operation: 'ratify', emergencyRequestId: 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W5' } as const;
    expect(follows({}, parameters)[0]).toContain('stopped already');
  });

  it('for grants names each grantee once, and an AWS service as one', () => {
    const grant = (grantee: string, ...operations: string[]) => ({ grantId: 'g', grantee, operations });
    const sentences = follows({
      kmsKeys: [
        kmsKey({ grants: [grant('arn:aws:iam::111122223333:role/app', 'Decrypt')] }),
        kmsKey({
          version: 2,
          grants: [
            grant('arn:aws:iam::111122223333:role/app', 'Decrypt', 'Encrypt'),
            grant('rds.eu-west-1.amazonaws.com', 'Decrypt'),
          ],
        }),
      ],
    });
    expect(sentences).toContain(
      'The grant to arn:aws:iam::111122223333:role/app stops working: Decrypt, Encrypt fails.',
    );
    expect(sentences).toContain(
      'The AWS service rds loses its grant: what it keeps under this key for somebody fails (Decrypt).',
    );
    expect(sentences.filter((each) => each.includes('role/app'))).toHaveLength(1);
  });

  it('for those whom the key policy lets in tells accounts, services and others apart', () => {
    const sentences = follows({
      kmsKeys: [
        kmsKey({
          policyPrincipals: [
            'arn:aws:iam::111122223333:root',
            'arn:aws:iam::111122223333:role/app (under conditions)',
            's3.amazonaws.com',
          ],
        }),
      ],
    });
    expect(sentences).toEqual(
      expect.arrayContaining([
        'Everybody whom IAM policies of the account 111122223333 let use the key can no longer use it. Who they are was not looked at.',
        'arn:aws:iam::111122223333:role/app (under conditions), whom the key policy lets use the key, can no longer use it.',
        'The AWS service s3, which the key policy lets in, can no longer use the key.',
      ]),
    );
  });

  it('for what was not looked at is said to be unknown', () => {
    const { policyPrincipals: _none, ...unlooked } = kmsKey();
    const { consumers: _consumers, ...evidence } = evidenceOf({ kmsKeys: [unlooked] });
    const sentences = consequencesOf({ evidence, key: aKey, parameters: suspend });
    expect(sentences).toContain(
      'Whom the key policy of version 1 lets use it was not looked at: they fail as well.',
    );
    expect(sentences).toContain('Whether anybody has registered as a consumer was not looked at.');
    expect(sentences.join(' ')).not.toMatch(/nobody has registered/i);
  });

  it('for registered consumers is what they have said, and whom to ask', () => {
    const uses = 'Reads the orders; without it checkout stops';
    expect(follows({ consumers: [{ name: 'checkout', contact: '#team-checkout', uses }] })).toContain(
      `checkout relies on the key: ${uses}. Ask #team-checkout.`,
    );
    expect(follows({})).toContain(
      'Nobody has registered as a consumer. That does not say that there is none.',
    );
  });

  it('for aliases is that they point to nothing once the key is deleted, and not before', () => {
    const aliases = ['alias/keyward/payments/orders', 'alias/legacy'];
    const kmsKeys = [kmsKey({ aliases })];
    const told = (sentences: string[]) => sentences.filter((each) => each.includes('point to nothing'));
    expect(told(follows({ kmsKeys }, destroy))).toEqual(
      aliases.map((alias) => `${alias} will point to nothing: whoever goes by that name fails.`),
    );
    expect(told(follows({ kmsKeys }))).toEqual([]);
  });
});
