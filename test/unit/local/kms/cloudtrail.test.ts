import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  RetireGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, keyPolicy, localKms, ROOT, type TestKms } from './local-kms.ts';

const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/Rotator/run-1`;
const UUID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const DATE = expect.stringMatching(/^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/);

const keyResource = (ARN: string) => ({ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN });

const lastOf = (kms: TestKms, eventName: string) =>
  kms.recorded.findLast((record) => record.eventName === eventName);

test('a record has the fields of a CloudTrail record, and no others', async () => {
  const kms = await localKms();
  const { id, arn } = await kms.createKey();
  const { $metadata } = await kms.root.send(new DisableKeyCommand({ KeyId: id }));
  expect(lastOf(kms, 'DisableKey')).toEqual({
    eventVersion: '1.11',
    userIdentity: { type: 'Root', principalId: ACCOUNT, arn: ROOT, accountId: ACCOUNT, accessKeyId: 'test' },
    eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    eventSource: 'kms.amazonaws.com',
    eventName: 'DisableKey',
    awsRegion: 'us-east-1',
    sourceIPAddress: '127.0.0.1',
    userAgent: expect.stringMatching(/^aws-sdk-js\//),
    requestParameters: { keyId: id },
    responseElements: { keyId: arn },
    requestID: $metadata.requestId,
    eventID: UUID,
    readOnly: false,
    resources: [keyResource(arn)],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    tlsDetails: expect.any(Object),
  });
});

test('its time is that of the virtual clock', async () => {
  const kms = await localKms();
  kms.clock.advance('P365D');
  await kms.root.send(new ListKeysCommand({}));
  const ahead = Date.parse(lastOf(kms, 'ListKeys')?.eventTime ?? '') - Date.now();
  expect(Math.round(ahead / 86_400_000)).toBe(365);
});

describe('who called', () => {
  test('a user', async () => {
    const kms = await localKms();
    const user = await kms.as(`arn:aws:iam::${ACCOUNT}:user/staff/alice`);
    await user.send(new ListKeysCommand({}));
    expect(lastOf(kms, 'ListKeys')?.userIdentity).toEqual({
      type: 'IAMUser',
      principalId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
      arn: `arn:aws:iam::${ACCOUNT}:user/staff/alice`,
      accountId: ACCOUNT,
      accessKeyId: expect.any(String),
      userName: 'alice',
    });
  });

  test('a session of a role, with its issuer', async () => {
    const kms = await localKms();
    const role = await kms.as(SESSION);
    await role.send(new ListKeysCommand({}));
    const identity = lastOf(kms, 'ListKeys')?.userIdentity;
    const roleId = identity?.sessionContext?.sessionIssuer.principalId;
    expect(identity).toEqual({
      type: 'AssumedRole',
      principalId: `${roleId}:run-1`,
      arn: SESSION,
      accountId: ACCOUNT,
      accessKeyId: expect.any(String),
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
          arn: `arn:aws:iam::${ACCOUNT}:role/Rotator`,
          accountId: ACCOUNT,
          userName: 'Rotator',
        },
        attributes: {
          creationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          mfaAuthenticated: 'false',
        },
      },
    });
  });
});

describe('what is recorded', () => {
  test('of CreateKey: what was asked with its defaults, and the metadata', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey({ Tags: [{ TagKey: 'team', TagValue: 'pay' }] });
    const record = lastOf(kms, 'CreateKey');
    expect(record).toMatchObject({ readOnly: false, resources: [keyResource(arn)] });
    expect(record?.requestParameters).toEqual({
      description: '',
      origin: 'AWS_KMS',
      bypassPolicyLockoutSafetyCheck: false,
      customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      multiRegion: false,
      tags: [{ tagKey: 'team', tagValue: 'pay' }],
    });
    expect(record?.responseElements).toEqual({
      keyMetadata: {
        aWSAccountId: ACCOUNT,
        keyId: id,
        arn,
        creationDate: DATE,
        enabled: true,
        description: '',
        keyUsage: 'ENCRYPT_DECRYPT',
        keyState: 'Enabled',
        origin: 'AWS_KMS',
        keyManager: 'CUSTOMER',
        customerMasterKeySpec: 'SYMMETRIC_DEFAULT',
        keySpec: 'SYMMETRIC_DEFAULT',
        encryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
        multiRegion: false,
        currentKeyMaterialId: expect.any(String),
      },
    });
  });

  test('of encryption: the context and the material, never the data', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    const EncryptionContext = { Department: 'Engineering', tenant: 'acme' };
    const Plaintext = Buffer.from('never to be seen in a record');
    const { CiphertextBlob } = await kms.root.send(
      new EncryptCommand({ KeyId: id, Plaintext, EncryptionContext }),
    );
    await kms.root.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    await kms.root.send(new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256', EncryptionContext }));
    const common = {
      responseElements: null,
      readOnly: true,
      resources: [keyResource(arn)],
      additionalEventData: { keyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) },
    };
    const encryptionAlgorithm = 'SYMMETRIC_DEFAULT';
    expect(lastOf(kms, 'Encrypt')).toMatchObject(common);
    expect(lastOf(kms, 'Encrypt')?.requestParameters).toEqual({
      keyId: id,
      encryptionAlgorithm,
      encryptionContext: EncryptionContext,
    });
    // A symmetric ciphertext names its key: the request did not.
    expect(lastOf(kms, 'Decrypt')).toMatchObject(common);
    expect(lastOf(kms, 'Decrypt')?.requestParameters).toEqual({
      encryptionAlgorithm,
      encryptionContext: EncryptionContext,
    });
    expect(lastOf(kms, 'GenerateDataKey')).toMatchObject(common);
    expect(lastOf(kms, 'GenerateDataKey')?.requestParameters).toEqual({
      keyId: id,
      keySpec: 'AES_256',
      encryptionContext: EncryptionContext,
    });
    const all = JSON.stringify(kms.recorded);
    for (const data of [Plaintext, Buffer.from(CiphertextBlob ?? [])]) {
      expect(all).not.toContain(data.toString('base64'));
    }
  });

  test('of signing: the algorithm and the message type, never the message', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const input = { KeyId: arn, SigningAlgorithm: 'ECDSA_SHA_256', Message: Buffer.from('m') } as const;
    const { Signature } = await kms.root.send(new SignCommand(input));
    await kms.root.send(new VerifyCommand({ ...input, KeyId: id, Signature }));
    expect(lastOf(kms, 'Sign')).toMatchObject({
      readOnly: true,
      responseElements: null,
      resources: [keyResource(arn)],
    });
    expect(lastOf(kms, 'Sign')?.requestParameters).toEqual({
      keyId: arn,
      messageType: 'RAW',
      signingAlgorithm: 'ECDSA_SHA_256',
    });
    expect(lastOf(kms, 'Verify')?.requestParameters).toEqual({
      keyId: id,
      messageType: 'RAW',
      signingAlgorithm: 'ECDSA_SHA_256',
    });
    expect(lastOf(kms, 'Sign')?.additionalEventData).toBeUndefined();
  });

  test('of deletion: its date', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 20 }));
    await kms.root.send(new CancelKeyDeletionCommand({ KeyId: id }));
    expect(lastOf(kms, 'ScheduleKeyDeletion')).toMatchObject({
      requestParameters: { keyId: id, pendingWindowInDays: 20 },
      responseElements: {
        keyId: arn,
        keyState: 'PendingDeletion',
        deletionDate: DATE,
        pendingWindowInDays: 20,
      },
    });
    expect(lastOf(kms, 'CancelKeyDeletion')?.responseElements).toEqual({ keyId: arn });
  });

  test('of aliases: the alias and the key that it is for now', async () => {
    const kms = await localKms();
    const from = await kms.createKey();
    const to = await kms.createKey();
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: from.id }));
    await kms.root.send(new UpdateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: to.id }));
    expect(lastOf(kms, 'UpdateAlias')).toMatchObject({
      requestParameters: { aliasName: 'alias/pay', targetKeyId: to.id },
      responseElements: { keyId: to.arn },
      resources: [keyResource(`arn:aws:kms:us-east-1:${ACCOUNT}:alias/pay`), keyResource(to.arn)],
    });
    expect(lastOf(kms, 'UpdateAlias')?.resources).toHaveLength(2);
  });

  test('of grants: their id, not their token', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    const { GrantId, GrantToken = '' } = await kms.root.send(
      new CreateGrantCommand({
        KeyId: id,
        GranteePrincipal: ROOT,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextSubset: { ContextKey1: 'Value1' } },
      }),
    );
    await kms.root.send(new RetireGrantCommand({ GrantToken }));
    expect(lastOf(kms, 'CreateGrant')).toMatchObject({
      requestParameters: {
        keyId: id,
        granteePrincipal: ROOT,
        operations: ['Decrypt'],
        constraints: { encryptionContextSubset: { ContextKey1: 'Value1' } },
      },
      responseElements: { grantId: GrantId, keyId: arn },
    });
    expect(lastOf(kms, 'RetireGrant')).toMatchObject({
      requestParameters: null,
      additionalEventData: { grantId: GrantId },
      resources: [keyResource(arn)],
    });
    expect(JSON.stringify(kms.recorded)).not.toContain(GrantToken);
  });

  test('of policies and tags: what was put', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    const Policy = keyPolicy();
    await kms.root.send(new PutKeyPolicyCommand({ KeyId: id, Policy }));
    await kms.root.send(new TagResourceCommand({ KeyId: id, Tags: [{ TagKey: 'a', TagValue: 'b' }] }));
    expect(lastOf(kms, 'PutKeyPolicy')).toMatchObject({
      requestParameters: {
        keyId: id,
        policyName: 'default',
        policy: Policy,
        bypassPolicyLockoutSafetyCheck: false,
      },
      responseElements: null,
      resources: [keyResource(arn)],
    });
    expect(lastOf(kms, 'TagResource')?.requestParameters).toEqual({
      keyId: id,
      tags: [{ tagKey: 'a', tagValue: 'b' }],
    });
  });

  test('of rotation: also the event of the service', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    await kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    expect(lastOf(kms, 'RotateKeyOnDemand')).toMatchObject({
      requestParameters: { keyId: id },
      responseElements: { keyId: id },
    });
    const event = kms.recorded.at(-1);
    expect(event).toMatchObject({
      eventName: 'RotateKey',
      eventType: 'AwsServiceEvent',
      userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
      resources: [keyResource(arn)],
      serviceEventDetails: {
        rotationType: 'ON_DEMAND',
        keyOrigin: 'AWS_KMS',
        previousKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
        currentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
        keyId: id,
      },
    });
    expect(event?.requestID).toBeUndefined();
  });
});

describe('a call that fails', () => {
  test('has its error, and no answer', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    await kms.root.send(new DisableKeyCommand({ KeyId: id }));
    await expect(
      kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('x') })),
    ).rejects.toThrow();
    expect(lastOf(kms, 'Encrypt')).toMatchObject({
      errorCode: 'DisabledException',
      errorMessage: `${arn} is disabled.`,
      requestParameters: { keyId: id, encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
      responseElements: null,
      resources: [keyResource(arn)],
    });
  });

  test('by a caller that was denied shows nothing of the request', async () => {
    const kms = await localKms();
    const { id, arn } = await kms.createKey();
    const nobody = await kms.as(SESSION, []);
    await expect(nobody.send(new DescribeKeyCommand({ KeyId: id }))).rejects.toThrow();
    const record = lastOf(kms, 'DescribeKey');
    expect(record).toMatchObject({
      errorCode: 'AccessDenied',
      errorMessage: `User: ${SESSION} is not authorized to perform: kms:DescribeKey on resource: ${arn} because no identity-based policy allows the kms:DescribeKey action`,
      requestParameters: null,
      responseElements: null,
      readOnly: true,
    });
    expect(record).not.toHaveProperty('resources');
  });

  test('for a key that is not there names no resource', async () => {
    const kms = await localKms();
    const KeyId = '00000000-0000-4000-8000-000000000000';
    await expect(kms.root.send(new DescribeKeyCommand({ KeyId }))).rejects.toThrow();
    const record = lastOf(kms, 'DescribeKey');
    expect(record).toMatchObject({ errorCode: 'NotFoundException', requestParameters: { keyId: KeyId } });
    expect(record).not.toHaveProperty('resources');
  });
});

test('records are read from where the last reading ended', async () => {
  const kms = await localKms();
  const read = async (query: string) => {
    const response = await fetch(`${kms.url}/_local/cloudtrail${query}`);
    const body: unknown = await response.json();
    return { status: response.status, body };
  };
  await kms.root.send(new ListKeysCommand({}));
  await kms.createKey();
  expect(await read('')).toEqual({ status: 200, body: { records: kms.recorded, next: 2 } });
  expect(await read('?since=2')).toEqual({ status: 200, body: { records: [], next: 2 } });
  await kms.root.send(new ListKeysCommand({}));
  expect(await read('?since=2')).toEqual({ status: 200, body: { records: [kms.recorded[2]], next: 3 } });
  expect(await read('?since=-1')).toMatchObject({ status: 400 });
  expect(await read('?since=soon')).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('since is how many') },
  });
});
