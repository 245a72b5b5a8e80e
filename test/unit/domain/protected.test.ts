import { expect, test } from 'vitest';
import { assertNotProtectingKeyward } from '../../../lambdas/domain/protected.ts';

const KEY = '1234abcd-12ab-34cd-56ef-1234567890ab';
const ARN = `arn:aws:kms:eu-central-1:111122223333:key/${KEY}`;
const ALIAS = 'alias/keyward-audit';
const ALIAS_ARN = `arn:aws:kms:eu-central-1:111122223333:${ALIAS}`;

test.each([
  [{ kmsKeyArn: ARN }, ARN],
  [{ kmsKeyArn: ARN }, KEY],
  [{ kmsKeyArn: KEY }, ARN],
  [{ alias: ALIAS }, ALIAS],
  [{ alias: ALIAS }, ALIAS_ARN],
  [{ kmsKeyArn: ALIAS_ARN }, ALIAS],
  [{ kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/other', alias: ALIAS }, ALIAS],
])('%j is refused when %s is protected', (named, entry) => {
  expect(() => assertNotProtectingKeyward(named, ['alias/other', entry])).toThrow(
    expect.objectContaining({ code: 'ProtectsKeyward' }),
  );
});

test.each([
  [
    { kmsKeyArn: ARN, alias: 'alias/keyward/payments/orders' },
    [ALIAS, 'arn:aws:kms:eu-central-1:111122223333:key/other'],
  ],
  [{ alias: 'alias/keyward-audit-2' }, [ALIAS]],
  [{ kmsKeyArn: ARN, alias: ALIAS }, []],
  [{}, [ARN, ALIAS]],
])('%j passes when %j are protected', (named, entries) => {
  expect(() => assertNotProtectingKeyward(named, entries)).not.toThrow();
});
