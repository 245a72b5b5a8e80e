import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  GenerateDataKeyPairCommand,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { keyStoreServer } from './key-store-server.ts';
import { describeKeys, hsmKeys } from './keys-in-hsms.ts';

describeKeys('the database', () => ({}));

test('a key of a disconnected store is unavailable, and becomes again what it was made meanwhile', async () => {
  const server = await keyStoreServer();
  const store = await server.connected();
  const [key, dying] = [await server.keyIn(store), await server.keyIn(store)];
  await server.root.send(new ScheduleKeyDeletionCommand({ KeyId: dying, PendingWindowInDays: 7 }));
  await server.disconnect(store);
  const states = async () => [await server.keyState(key), await server.keyState(dying)];
  expect(await states()).toEqual(['Unavailable', 'PendingDeletion']);
  const { KeyMetadata } = await server.root.send(new DescribeKeyCommand({ KeyId: key }));
  expect(KeyMetadata).toMatchObject({ Enabled: false, CustomKeyStoreId: store });
  await expect(server.encrypt(key)).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
    message: `${KeyMetadata?.Arn} is unavailable.`,
  });
  await server.root.send(new DisableKeyCommand({ KeyId: key }));
  await server.root.send(new CancelKeyDeletionCommand({ KeyId: dying }));
  expect(await states()).toEqual(['Unavailable', 'Unavailable']);
  await server.connect(store);
  expect(await states()).toEqual(['Disabled', 'Disabled']);
  await server.root.send(new EnableKeyCommand({ KeyId: key }));
  expect(await server.encrypt(key)).toBeDefined();
});

test('a store that is connected does not mean that its cluster is well', async () => {
  const server = await keyStoreServer();
  const store = await server.connected();
  const key = await server.keyIn(store);
  const refusal = async () =>
    await server.encrypt(key).then(
      () => 'encrypted',
      (error: Error) => error,
    );
  await server.cli('POST', 'network', { unreachable: true });
  expect(await refusal()).toMatchObject({
    name: 'KMSInvalidStateException',
    message: expect.stringContaining('KMS cannot communicate with your CloudHSM cluster.'),
  });
  expect(server.recorded.at(-1)).toMatchObject({
    eventName: 'Encrypt',
    errorCode: 'KMSInvalidStateException',
    additionalEventData: { customKeyStoreId: store },
  });
  await server.cli('POST', 'network', { unreachable: false });
  for (let count = 0; count < 5; count += 1) {
    await server.cli('POST', 'users/login', { username: 'kmsuser', password: 'wrong password' });
  }
  expect(await refusal()).toMatchObject({
    name: 'KMSInvalidStateException',
    message: expect.stringContaining('the kmsuser is locked out'),
  });
  await server.cli('POST', 'users/change-password', { username: 'kmsuser', password: 'another1' });
  await server.deleteHsms(1);
  expect(await refusal()).toBe('encrypted');
  await expect(server.keyIn(store)).rejects.toMatchObject({
    name: 'CloudHsmClusterInvalidConfigurationException',
  });
  await server.deleteHsms();
  expect(await refusal()).toMatchObject({
    name: 'KMSInvalidStateException',
    message: expect.stringContaining('has no active HSM'),
  });
  await server.done('CreateHsm', { ClusterId: server.clusterId, AvailabilityZone: 'us-east-1a' });
  expect(await refusal()).toMatchObject({
    name: 'KeyUnavailableException',
    $metadata: { httpStatusCode: 500 },
  });
  server.clock.advance('PT5M');
  expect(await refusal()).toBe('encrypted');
  await server.deleteHsms();
  await server.done('DeleteCluster', { ClusterId: server.clusterId });
  server.clock.advance('PT1M');
  expect(await refusal()).toMatchObject({
    name: 'KMSInvalidStateException',
    message: expect.stringContaining('does not exist any longer'),
  });
  expect(await server.keyState(key)).toBe('Enabled');
  expect(await server.described(store)).toMatchObject({ ConnectionState: 'CONNECTED' });
});

test('material that cannot be reached when its key is deleted is left behind, and CloudTrail says so', async () => {
  const server = await keyStoreServer();
  const store = await server.connected();
  const key = await server.keyIn(store);
  await server.root.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
  await server.disconnect(store);
  server.clock.advance('P7D');
  const { keys } = await hsmKeys(server);
  expect(keys).toHaveLength(1);
  const status = [{ backingKeyId: keys[0]?.id, deletionStatus: 'FAILURE' }];
  expect(server.recorded.find(({ eventName }) => eventName === 'DeleteKey')).toMatchObject({
    additionalEventData: { backingKeysDeletionStatus: JSON.stringify(status) },
  });
});

test('a custom key store has no keys but single-Region symmetric ones, and only while it is connected', async () => {
  const server = await keyStoreServer();
  const store = await server.connected();
  const refusal = async (input: object) =>
    await server.root
      .send(new CreateKeyCommand({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: store, ...input }))
      .then(
        () => 'created',
        (error: Error) => error.name,
      );
  expect(await refusal({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })).toBe(
    'UnsupportedOperationException',
  );
  expect(await refusal({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })).toBe(
    'UnsupportedOperationException',
  );
  expect(await refusal({ MultiRegion: true })).toBe('UnsupportedOperationException');
  expect(await refusal({ Origin: 'AWS_KMS' })).toBe('ValidationException');
  expect(await refusal({ CustomKeyStoreId: undefined })).toBe('ValidationException');
  expect(await refusal({ XksKeyId: 'a-key' })).toBe('ValidationException');
  expect(await refusal({ CustomKeyStoreId: 'cks-1' })).toBe('CustomKeyStoreNotFoundException');
  expect(await refusal({ Policy: '{"Statement":[]}' })).toBe('MalformedPolicyDocumentException');
  expect((await hsmKeys(server)).count).toBe(0);
  await server.disconnect(store);
  expect(await refusal({})).toBe('CustomKeyStoreInvalidStateException');
});

test('a key of a custom key store is not rotated, and protects no data key pairs', async () => {
  const server = await keyStoreServer();
  const KeyId = await server.keyIn(await server.connected());
  const refusals = [
    server.root.send(new EnableKeyRotationCommand({ KeyId })),
    server.root.send(new RotateKeyOnDemandCommand({ KeyId })),
    server.root.send(new ListKeyRotationsCommand({ KeyId })),
    server.root.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
  ];
  for (const refusal of refusals) {
    await expect(refusal).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  }
});

test('the uses of the keys in a custom key store have a quota of their own', async () => {
  const server = await keyStoreServer();
  const key = await server.keyIn(await server.connected());
  const { id: ours } = await server.createKey();
  // Two calls of 1,800; the others have a hundred thousand.
  await server.post('/_local/quotas', { share: 2 / 1800 });
  await server.encrypt(key);
  await server.encrypt(key);
  await expect(server.encrypt(key)).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(await server.encrypt(ours)).toBeDefined();
});
