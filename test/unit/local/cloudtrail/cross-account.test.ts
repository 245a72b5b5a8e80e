import {
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { ACCOUNT, keyPolicy, localKms, type TestKms } from '../kms/local-kms.ts';

const GUEST_ACCOUNT = '444455556666';
const GUEST = `arn:aws:sts::${GUEST_ACCOUNT}:assumed-role/App/run-1`;
const Plaintext = Buffer.from('plain');

/** A key of the account that a session of a role in another account may use. */
async function lentKey(kms: TestKms) {
  const Policy = keyPolicy({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${GUEST_ACCOUNT}:root` },
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*'],
    Resource: '*',
  });
  return { ...(await kms.createKey({ Policy })), guest: await kms.as(GUEST) };
}

test('the use of a key of another account is recorded in both, told together by its sharedEventID', async () => {
  const kms = await localKms();
  const { arn, guest } = await lentKey(kms);
  const { $metadata } = await guest.send(new EncryptCommand({ KeyId: arn, Plaintext }));
  const [ofCaller, ofOwner, ...others] = kms.recorded.filter(({ eventName }) => eventName === 'Encrypt');
  expect(others).toEqual([]);
  expect(ofCaller).toMatchObject({
    recipientAccountId: GUEST_ACCOUNT,
    requestID: $metadata.requestId,
    userIdentity: { type: 'AssumedRole', arn: GUEST, accountId: GUEST_ACCOUNT },
    sharedEventID: expect.stringMatching(/^[0-9a-f-]{36}$/),
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
  });
  expect(ofOwner).toEqual({
    ...ofCaller,
    recipientAccountId: ACCOUNT,
    eventID: expect.stringMatching(/^[0-9a-f-]{36}$/),
    userIdentity: {
      type: 'AWSAccount',
      principalId: expect.stringMatching(/^AROA[A-Z2-7]{17}:run-1$/),
      accountId: GUEST_ACCOUNT,
    },
  });
  expect(ofOwner?.eventID).not.toBe(ofCaller?.eventID);
});

test('a call that fails for another reason than access is recorded in both too', async () => {
  const kms = await localKms();
  const { arn, guest } = await lentKey(kms);
  await kms.root.send(new DisableKeyCommand({ KeyId: arn }));
  await expect(guest.send(new EncryptCommand({ KeyId: arn, Plaintext }))).rejects.toThrow();
  const records = kms.recorded.filter(({ eventName }) => eventName === 'Encrypt');
  expect(records.map(({ recipientAccountId, errorCode }) => [recipientAccountId, errorCode])).toEqual([
    [GUEST_ACCOUNT, 'DisabledException'],
    [ACCOUNT, 'DisabledException'],
  ]);
});

test('a call that is denied is recorded in the account of the caller only', async () => {
  const kms = await localKms();
  const { arn } = await kms.createKey();
  const guest = await kms.as(GUEST);
  await expect(guest.send(new DescribeKeyCommand({ KeyId: arn }))).rejects.toThrow();
  const records = kms.recorded.filter(({ eventName }) => eventName === 'DescribeKey');
  expect(records).toMatchObject([{ recipientAccountId: GUEST_ACCOUNT, errorCode: 'AccessDenied' }]);
  expect(records[0]).not.toHaveProperty('sharedEventID');
});

test('a call within one account is recorded once, and shares nothing', async () => {
  const kms = await localKms();
  const { arn } = await kms.createKey();
  await kms.root.send(new EncryptCommand({ KeyId: arn, Plaintext }));
  const records = kms.recorded.filter(({ eventName }) => eventName === 'Encrypt');
  expect(records).toHaveLength(1);
  expect(records[0]).not.toHaveProperty('sharedEventID');
});

test('ReEncrypt between keys of two accounts is recorded in both, and in each key is used by the event there', async () => {
  const kms = await localKms();
  const { arn, guest } = await lentKey(kms);
  const own = await kms.createKey({}, guest);
  const { CiphertextBlob } = await guest.send(new EncryptCommand({ KeyId: arn, Plaintext }));
  await guest.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: own.arn }));
  const records = kms.recorded.filter(({ eventName }) => eventName === 'ReEncrypt');
  expect(records.map(({ recipientAccountId, resources }) => ({ recipientAccountId, resources }))).toEqual(
    [GUEST_ACCOUNT, ACCOUNT].map((recipientAccountId) => ({
      recipientAccountId,
      resources: [
        { accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn },
        { accountId: GUEST_ACCOUNT, type: 'AWS::KMS::Key', ARN: own.arn },
      ],
    })),
  );
  const [ofCaller, ofOwner] = records.map(({ eventID }) => eventID);
  const lent = await kms.root.send(new GetKeyLastUsageCommand({ KeyId: arn }));
  expect(lent.KeyLastUsage).toMatchObject({ Operation: 'ReEncrypt', CloudTrailEventId: ofOwner });
  const mine = await guest.send(new GetKeyLastUsageCommand({ KeyId: own.arn }));
  expect(mine.KeyLastUsage).toMatchObject({ Operation: 'ReEncrypt', CloudTrailEventId: ofCaller });
});

test('a call that a service makes for somebody shows the service in place of an address and a connection', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const arn = `arn:aws:iam::${ACCOUNT}:user/alice`;
  const viaS3 = await kms.register({ arn, viaService: 's3.us-east-1.amazonaws.com' });
  const { CiphertextBlob } = await viaS3.send(new EncryptCommand({ KeyId: id, Plaintext }));
  await viaS3.send(new DecryptCommand({ CiphertextBlob }));
  for (const record of kms.recorded.slice(-2)) {
    expect(record).toMatchObject({
      sourceIPAddress: 's3.amazonaws.com',
      userAgent: 's3.amazonaws.com',
      userIdentity: { type: 'IAMUser', arn, invokedBy: 's3.amazonaws.com' },
    });
    expect(record).not.toHaveProperty('tlsDetails');
  }
});
