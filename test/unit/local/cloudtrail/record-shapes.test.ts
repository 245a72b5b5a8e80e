import { randomBytes } from 'node:crypto';
import {
  CancelKeyDeletionCommand,
  ConnectCustomKeyStoreCommand,
  CreateAliasCommand,
  CreateCustomKeyStoreCommand,
  CreateGrantCommand,
  DecapsulateCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DeleteCustomKeyStoreCommand,
  DeleteImportedKeyMaterialCommand,
  DeriveSharedSecretCommand,
  DescribeCustomKeyStoresCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  DisconnectCustomKeyStoreCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncapsulateCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GenerateRandomCommand,
  GetKeyLastUsageCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyPoliciesCommand,
  ListKeyRotationsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ListRetirableGrantsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateCustomKeyStoreCommand,
  UpdateKeyDescriptionCommand,
  UpdatePrimaryRegionCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CloudTrailRecord } from '../../../../local/cloudtrail/record.ts';
import { OPERATIONS } from '../../../../local/kms/operations/index.ts';
import { PASSWORD } from '../kms/custom-key-stores/key-store-in.ts';
import { keyStoreServer } from '../kms/custom-key-stores/key-store-server.ts';
import { importInto } from '../kms/imports.ts';
import { ACCOUNT, keyPolicy, ROOT, startedKms, type TestKms } from '../kms/local-kms.ts';
import {
  DOCUMENTED_RECORDS,
  type DocumentedRecord,
  shapeOf,
  shapeOfCall,
  shapeOfServiceEvent,
} from './documented-records.ts';

let kms: TestKms;
let records: readonly CloudTrailRecord[];

beforeAll(async () => {
  kms = await startedKms();
  await callEachOperation(kms);
  records = kms.recorded;
});
afterAll(() => kms.close());

const firstOf = (eventName: string) => records.find((record) => record.eventName === eventName);

function expectDocumented(record: CloudTrailRecord | undefined, documented: DocumentedRecord): void {
  expect(record).not.toHaveProperty('errorCode');
  expect(record?.readOnly).toBe(documented.readOnly);
  expect(shapeOf(record)).toEqual(shapeOfCall(documented));
  const kinds = record?.resources?.map(({ ARN }) => ARN.split(':')[5]?.split('/')[0]) ?? [];
  expect(kinds).toEqual(documented.resources);
}

test('every operation is among them', () => {
  expect(Object.keys(DOCUMENTED_RECORDS).toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
});

describe('the record has the members that AWS documents, and no others', () => {
  const isOfStores = ([operation]: readonly [string, unknown]) => operation.includes('CustomKeyStore');
  const entries = Object.entries(DOCUMENTED_RECORDS);

  test.each(entries.filter((entry) => !isOfStores(entry)))('%s', (operation, documented) => {
    expectDocumented(firstOf(operation), documented);
  });

  // They need a cluster of HSMs, which only a test can start.
  test('the operations on custom key stores', async () => {
    const ofStores = await recordsOfCustomKeyStores();
    for (const [operation, documented] of entries.filter(isOfStores)) {
      expectDocumented(
        ofStores.find(({ eventName }) => eventName === operation),
        documented,
      );
    }
  });

  test('RotateKey, of the service', () => {
    expect(shapeOf(firstOf('RotateKey'))).toEqual(
      shapeOfServiceEvent({
        responseElements: null,
        serviceEventDetails: {
          rotationType: 'string',
          keyOrigin: 'string',
          previousKeyMaterialId: 'string',
          currentKeyMaterialId: 'string',
          keyId: 'string',
        },
      }),
    );
  });

  test('DeleteKey, of the service', () => {
    const record = firstOf('DeleteKey');
    expect(shapeOf(record)).toEqual(shapeOfServiceEvent({ responseElements: { keyId: 'string' } }));
    expect(record?.responseElements).toEqual({ keyId: record?.resources?.[0]?.ARN });
  });
});

describe('a call that reaches into another Region', () => {
  const inBoth = (eventName: string) => records.filter((record) => record.eventName === eventName);

  test('CreateKey of a replica is recorded there, by the request that replicated', () => {
    const replicated = firstOf('ReplicateKey');
    const created = records.find(
      ({ eventName, awsRegion }) => eventName === 'CreateKey' && awsRegion === 'eu-west-1',
    );
    expect(created?.requestID).toBe(replicated?.requestID);
    expect(created?.eventID).not.toBe(replicated?.eventID);
    expect(created?.resources).toEqual([
      { accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: expect.stringContaining(':eu-west-1:') },
    ]);
  });

  test('UpdatePrimaryRegion is recorded in both, there as a call of AWS KMS for the caller', () => {
    const [here, there, ...others] = inBoth('UpdatePrimaryRegion');
    expect(others).toEqual([]);
    const arn = here?.resources?.[0]?.ARN.replace('us-east-1', 'eu-west-1');
    const { resources: _resources, tlsDetails: _tlsDetails, ...same } = here ?? {};
    expect(there).toEqual({
      ...same,
      awsRegion: 'eu-west-1',
      eventID: expect.any(String),
      userIdentity: { ...here?.userIdentity, invokedBy: 'kms.amazonaws.com' },
      userAgent: 'AWS Internal',
      requestParameters: { keyId: arn, primaryRegion: 'eu-west-1' },
      responseElements: { keyId: arn },
    });
    expect(there?.eventID).not.toBe(here?.eventID);
  });

  test('the synchronisation of a multi-Region key is a call of AWS KMS on its primary key', () => {
    const record = firstOf('SynchronizeMultiRegionKey');
    expect(shapeOf(record)).toEqual(
      Object.assign({ requestID: 'string' }, shapeOfServiceEvent({ responseElements: { keyId: 'string' } })),
    );
    expect(record).toMatchObject({ eventType: 'AwsApiCall', awsRegion: 'us-east-1' });
    expect(record?.responseElements).toEqual({ keyId: record?.resources?.[0]?.ARN });
    expect(record?.resources?.[0]?.ARN).toContain(':us-east-1:');
  });
});

test('the record tells of the TLS connection that the client has to AWS', () => {
  expect(firstOf('Decrypt')?.tlsDetails).toEqual({
    tlsVersion: 'TLSv1.3',
    cipherSuite: 'TLS_AES_256_GCM_SHA384',
    clientProvidedHostHeader: 'kms.us-east-1.amazonaws.com',
  });
});

test('ReEncrypt names the material of the source and that of the destination, and both keys in that order', async () => {
  const record = firstOf('ReEncrypt');
  const [source, destination] = record?.resources ?? [];
  expect(record?.requestParameters?.destinationKeyId).toBe(destination?.ARN.split('/')[1]);
  const materialOf = async (arn = '') =>
    (await kms.root.send(new DescribeKeyCommand({ KeyId: arn }))).KeyMetadata?.CurrentKeyMaterialId;
  expect(record?.additionalEventData).toEqual({
    sourceKeyMaterialId: await materialOf(source?.ARN),
    destinationKeyMaterialId: await materialOf(destination?.ARN),
  });
});

test('a call denied shows what failed, and nothing of the request', async () => {
  const { id } = await kms.createKey();
  const nobody = await kms.as(`arn:aws:iam::${ACCOUNT}:user/nobody`, []);
  const call = nobody.send(new GetPublicKeyCommand({ KeyId: id }));
  await expect(call).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const denied = shapeOfCall({
    readOnly: true,
    requestParameters: null,
    responseElements: null,
    resources: [],
  });
  expect(shapeOf(kms.recorded.at(-1))).toEqual(
    Object.assign({ errorCode: 'string', errorMessage: 'string' }, denied),
  );
});

test('a text of the caller is cut at one kilobyte', async () => {
  await fetch(kms.url, {
    method: 'POST',
    headers: {
      'x-amz-target': 'TrentService.ListKeys',
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/kms/aws4_request',
      'user-agent': 'x'.repeat(3000),
    },
    body: '{}',
  });
  expect(kms.recorded.at(-1)?.userAgent).toBe('x'.repeat(1024));
});

/** As a user, each operation once before anything else happens with its name. */
async function callEachOperation(server: TestKms): Promise<void> {
  const user = await server.as(`arn:aws:iam::${ACCOUNT}:user/alice`);
  const make = (input = {}) => server.createKey(input, user);
  const { id: KeyId, arn } = await make();
  const { id: other } = await make();
  const EncryptionContext = { Department: 'Engineering', Project: 'Alpha' };

  await user.send(new DescribeKeyCommand({ KeyId }));
  await user.send(new ListKeysCommand({}));
  await user.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
  await user.send(new ListKeyPoliciesCommand({ KeyId }));
  await user.send(new PutKeyPolicyCommand({ KeyId, Policy: keyPolicy() }));
  await user.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'Another description' }));
  await user.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'Department', TagValue: 'IT' }] }));
  await user.send(new ListResourceTagsCommand({ KeyId }));
  await user.send(new UntagResourceCommand({ KeyId, TagKeys: ['Department'] }));

  await user.send(new CreateAliasCommand({ AliasName: 'alias/ExampleAlias', TargetKeyId: KeyId }));
  await user.send(new UpdateAliasCommand({ AliasName: 'alias/ExampleAlias', TargetKeyId: other }));
  await user.send(new ListAliasesCommand({ Limit: 5 }));
  await user.send(new DeleteAliasCommand({ AliasName: 'alias/ExampleAlias' }));

  const grant = {
    KeyId,
    GranteePrincipal: ROOT,
    Operations: ['Decrypt', 'RetireGrant'] satisfies ['Decrypt', 'RetireGrant'],
    Constraints: { EncryptionContextSubset: EncryptionContext },
  };
  const { GrantToken } = await user.send(new CreateGrantCommand(grant));
  const { GrantId } = await user.send(new CreateGrantCommand(grant));
  await user.send(new ListGrantsCommand({ KeyId, Limit: 10 }));
  await user.send(new RetireGrantCommand({ GrantToken }));
  await user.send(new RevokeGrantCommand({ KeyId, GrantId }));

  const Plaintext = Buffer.from('plaintext');
  const { CiphertextBlob } = await user.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }));
  await user.send(new DecryptCommand({ KeyId: arn, CiphertextBlob, EncryptionContext }));
  await user.send(
    new ReEncryptCommand({
      CiphertextBlob,
      SourceEncryptionContext: EncryptionContext,
      DestinationKeyId: other,
      DestinationEncryptionContext: { Level: '3A' },
    }),
  );
  await user.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
  await user.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 64 }));
  await user.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256', EncryptionContext }));
  await user.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }));
  await user.send(new GenerateRandomCommand({ NumberOfBytes: 32 }));
  await user.send(new GetKeyLastUsageCommand({ KeyId }));

  const { id: signing } = await make({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  const message = { KeyId: signing, Message: Plaintext, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
  const { Signature } = await user.send(new SignCommand(message));
  await user.send(new VerifyCommand({ ...message, Signature }));
  const { id: macKey } = await make({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const macInput = { KeyId: macKey, Message: Plaintext, MacAlgorithm: 'HMAC_SHA_256' } as const;
  const { Mac } = await user.send(new GenerateMacCommand(macInput));
  await user.send(new VerifyMacCommand({ ...macInput, Mac }));
  const { id: agreeing } = await make({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
  const { PublicKey } = await user.send(new GetPublicKeyCommand({ KeyId: agreeing }));
  await user.send(
    new DeriveSharedSecretCommand({ KeyId: agreeing, KeyAgreementAlgorithm: 'ECDH', PublicKey }),
  );

  const { id: rotating } = await make();
  await user.send(new EnableKeyRotationCommand({ KeyId: rotating, RotationPeriodInDays: 180 }));
  await user.send(new GetKeyRotationStatusCommand({ KeyId: rotating }));
  await user.send(new DisableKeyRotationCommand({ KeyId: rotating }));
  await user.send(new RotateKeyOnDemandCommand({ KeyId: rotating }));
  await user.send(new ListKeyRotationsCommand({ KeyId: rotating, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }));

  await user.send(new ListRetirableGrantsCommand({ RetiringPrincipal: ROOT.replace('root', 'user/alice') }));

  const { id: imported } = await make({ Origin: 'EXTERNAL' });
  const { KeyMaterialId } = await importInto(user, imported, randomBytes(32), {
    ExpirationModel: 'KEY_MATERIAL_EXPIRES',
    ValidTo: new Date(server.clock.now().getTime() + 86_400_000),
    ImportType: 'NEW_KEY_MATERIAL',
    KeyMaterialDescription: 'A material',
  });
  await user.send(new DeleteImportedKeyMaterialCommand({ KeyId: imported, KeyMaterialId }));

  const { id: encapsulating } = await make({ KeySpec: 'ML_KEM_768', KeyUsage: 'ENCAPSULATE_DECAPSULATE' });
  const encapsulation = { KeyId: encapsulating, EncapsulationAlgorithm: 'ML_KEM' } as const;
  const { SharedSecretCiphertextBlob } = await user.send(new EncapsulateCommand(encapsulation));
  await user.send(new DecapsulateCommand({ ...encapsulation, SharedSecretCiphertextBlob }));

  const { id: multiRegion } = await make({ MultiRegion: true });
  await user.send(new ReplicateKeyCommand({ KeyId: multiRegion, ReplicaRegion: 'eu-west-1' }));
  await user.send(new RotateKeyOnDemandCommand({ KeyId: multiRegion }));
  await user.send(new UpdatePrimaryRegionCommand({ KeyId: multiRegion, PrimaryRegion: 'eu-west-1' }));

  await user.send(new DisableKeyCommand({ KeyId }));
  await user.send(new EnableKeyCommand({ KeyId }));
  await user.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 20 }));
  await user.send(new CancelKeyDeletionCommand({ KeyId }));
  await user.send(new ScheduleKeyDeletionCommand({ KeyId: signing, PendingWindowInDays: 7 }));
  server.clock.advance('P7D');
}

/** Of each operation on custom key stores; by a user too. */
async function recordsOfCustomKeyStores(): Promise<readonly CloudTrailRecord[]> {
  const server = await keyStoreServer();
  const user = await server.as(`arn:aws:iam::${ACCOUNT}:user/alice`);
  const { CustomKeyStoreId } = await user.send(
    new CreateCustomKeyStoreCommand({
      CustomKeyStoreName: 'ExampleKeyStore',
      CloudHsmClusterId: server.clusterId,
      TrustAnchorCertificate: server.trustAnchor,
      KeyStorePassword: PASSWORD,
    }),
  );
  await user.send(new DescribeCustomKeyStoresCommand({ CustomKeyStoreId }));
  await user.send(new UpdateCustomKeyStoreCommand({ CustomKeyStoreId, CloudHsmClusterId: server.clusterId }));
  await user.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
  await user.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId }));
  await user.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId }));
  return server.recorded;
}
