import { createDecipheriv } from 'node:crypto';
import {
  CreateKeyCommand,
  DecryptCommand,
  DeleteCustomKeyStoreCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GetParametersForImportCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { localKms, startedKms, type TestKms } from '../local-kms.ts';
import { databaseFile } from '../stored-material.ts';
import { CREDENTIAL, externalStoreIn, SECRET } from './external-store-in.ts';
import { refusal } from './refusal.ts';

const Plaintext = Buffer.from('what is protected');
const EncryptionContext = { Department: 'Engineering', Purpose: 'Test' };

async function storeWithKey(kms?: TestKms) {
  const server = await externalStoreIn(kms ?? (await localKms()));
  const store = await server.connected();
  const KeyId = await server.keyIn(store);
  const encrypt = async () => {
    const { CiphertextBlob = Buffer.of() } = await server.root.send(
      new EncryptCommand({ KeyId, Plaintext, EncryptionContext }),
    );
    return CiphertextBlob;
  };
  const decrypt = async (CiphertextBlob: Uint8Array, context = EncryptionContext) => {
    const command = new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: context });
    return Buffer.from((await server.root.send(command)).Plaintext ?? []);
  };
  const state = async () => (await server.root.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
  return { ...server, store, KeyId, encrypt, decrypt, state };
}

test('a key stands for an external key, and shows which', async () => {
  const { root, KeyId, store, recorded } = await storeWithKey();
  const { KeyMetadata } = await root.send(new DescribeKeyCommand({ KeyId }));
  expect(KeyMetadata).toMatchObject({
    Origin: 'EXTERNAL_KEY_STORE',
    KeyState: 'Enabled',
    KeySpec: 'SYMMETRIC_DEFAULT',
    CustomKeyStoreId: store,
    XksKeyConfiguration: { Id: 'one' },
  });
  expect(KeyMetadata).not.toHaveProperty('CurrentKeyMaterialId');
  expect(KeyMetadata).not.toHaveProperty('CloudHsmClusterId');
  const record = recorded.find(({ eventName }) => eventName === 'CreateKey');
  expect(record).toMatchObject({
    requestParameters: { origin: 'EXTERNAL_KEY_STORE', customKeyStoreId: store, xksKeyId: 'one' },
    responseElements: { keyMetadata: { customKeyStoreId: store, xksKeyConfiguration: { id: 'one' } } },
  });
  expect(record).not.toHaveProperty('additionalEventData');
});

test('it encrypts, decrypts and makes data keys, and CloudTrail shows the store and the external key', async () => {
  const server = await storeWithKey();
  const { root, KeyId, store, encrypt, decrypt, recorded } = server;
  const ciphertext = await encrypt();
  expect(await decrypt(ciphertext)).toEqual(Plaintext);
  const used = recorded.at(-1);
  expect(used).toMatchObject({ eventName: 'Decrypt' });
  expect(used?.additionalEventData).toEqual({ customKeyStoreId: store, xksKeyId: 'one' });
  const dataKey = await root.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
  const opened = await root.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob }));
  expect(opened.Plaintext).toEqual(dataKey.Plaintext);
  const { id } = await server.createKey();
  const moved = await root.send(
    new ReEncryptCommand({
      CiphertextBlob: ciphertext,
      SourceEncryptionContext: EncryptionContext,
      DestinationKeyId: id,
    }),
  );
  expect(moved.KeyId).toContain(id);
  const back = await root.send(
    new ReEncryptCommand({ CiphertextBlob: moved.CiphertextBlob, DestinationKeyId: KeyId }),
  );
  const { Plaintext: plaintext } = await root.send(
    new DecryptCommand({ CiphertextBlob: back.CiphertextBlob }),
  );
  expect(Buffer.from(plaintext ?? [])).toEqual(Plaintext);
});

test('the external key alone opens only the outer of two layers', async () => {
  const { root, proxy, store, keyIn } = await storeWithKey();
  const material = Buffer.alloc(32, 7);
  await proxy({ keys: [{ id: 'one' }, { id: 'known', material: material.toString('base64') }] });
  const KeyId = await keyIn(store, { XksKeyId: 'known' });
  const { CiphertextBlob = Buffer.of() } = await root.send(new EncryptCommand({ KeyId, Plaintext }));
  // The header that is authenticated takes 55 bytes; AES-256-GCM of Node stands in for the external key manager.
  const blob = Buffer.from(CiphertextBlob);
  const decipher = createDecipheriv('aes-256-gcm', material, blob.subarray(55, 67))
    .setAAD(blob.subarray(0, 55))
    .setAuthTag(blob.subarray(67, 83));
  const inner = Buffer.concat([decipher.update(blob.subarray(83)), decipher.final()]);
  expect(inner).toHaveLength(12 + 16 + Plaintext.length);
  expect(inner.includes(Plaintext)).toBe(false);
});

test('a ciphertext that the proxy refuses is refused in its words', async () => {
  const { encrypt, decrypt, recorded, store } = await storeWithKey();
  const ciphertext = await encrypt();
  const message =
    'The external key store proxy rejected the request because the specified ciphertext or additional authenticated data is corrupted, missing, or otherwise invalid.';
  await expect(decrypt(ciphertext, { ...EncryptionContext, Purpose: 'Other' })).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
    message,
  });
  expect(recorded.at(-1)).toMatchObject({
    eventName: 'Decrypt',
    errorCode: 'KMSInvalidStateException',
    errorMessage: message,
    additionalEventData: { customKeyStoreId: store, xksKeyId: 'one' },
  });
});

test.each([
  ['is unreachable', { behaviour: 'unreachable' }, 'cannot communicate with'],
  ['times out', { behaviour: 'times-out' }, 'did not respond in time'],
  ['has lost its manager', { behaviour: 'manager-unavailable' }, 'unhealthy state'],
  ['has bad TLS', { behaviour: 'bad-tls' }, 'cannot establish a TLS connection'],
  ['denies access', { behaviour: 'denies-access' }, 'both authorized for this operation'],
  ['answers wrongly', { behaviour: 'wrong-answer' }, 'cannot interpret the response'],
  ['has another credential', { rawSecretAccessKey: SECRET.toUpperCase() }, 'could not authenticate'],
  ['has lost the key', { keys: [{ id: 'two' }] }, 'could not find the external key'],
  ['has disabled the key', { keys: [{ id: 'one', status: 'DISABLED' }, { id: 'two' }] }, 'is not enabled'],
  [
    'does not let the key encrypt',
    { keys: [{ id: 'one', keyUsage: ['DECRYPT'] }, { id: 'two' }] },
    'does not support the requested operation',
  ],
])(
  'when the proxy %s, the store stays connected and its key enabled, and of no use',
  async (_, settings, words) => {
    const { proxy, encrypt, decrypt, described, store, state } = await storeWithKey();
    const ciphertext = await encrypt();
    await proxy(settings);
    await expect(encrypt()).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: expect.stringContaining(words),
    });
    expect(await described(store)).toMatchObject({ ConnectionState: 'CONNECTED' });
    expect(await state()).toBe('Enabled');
    await proxy();
    // A key that was lost comes back as another one.
    if (words !== 'could not find the external key') expect(await decrypt(ciphertext)).toEqual(Plaintext);
  },
);

test.each([
  ['is not there', { XksKeyId: 'none' }, {}, 'XksKeyNotFoundException'],
  ['is taken', { XksKeyId: 'one' }, {}, 'XksKeyAlreadyInUseException'],
  ['is disabled', {}, { status: 'DISABLED' }, 'XksKeyInvalidConfigurationException'],
  ['is of another spec', {}, { keySpec: 'AES_128' }, 'XksKeyInvalidConfigurationException'],
  ['does not decrypt', {}, { keyUsage: ['ENCRYPT'] }, 'XksKeyInvalidConfigurationException'],
])('no key is made of an external key that %s', async (_, input, key, name) => {
  const { proxy, keyIn, store } = await storeWithKey();
  await proxy({ keys: [{ id: 'one' }, { id: 'two', ...key }] });
  expect(await refusal(keyIn(store, { XksKeyId: 'two', ...input }))).toBe(name);
});

test('an external key store has no keys but single-Region symmetric ones, and only while it is connected', async () => {
  const { keyIn, store, proxy, disconnect, root } = await storeWithKey();
  const make = (input: object) => refusal(keyIn(store, { XksKeyId: 'two', ...input }));
  expect(await make({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })).toBe('UnsupportedOperationException');
  expect(await make({ MultiRegion: true })).toBe('UnsupportedOperationException');
  expect(await make({ XksKeyId: undefined })).toBe('ValidationException');
  expect(await make({ CustomKeyStoreId: undefined })).toBe('ValidationException');
  expect(await make({ CustomKeyStoreId: 'cks-1' })).toBe('CustomKeyStoreNotFoundException');
  const inHsms = new CreateKeyCommand({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: store });
  expect(await refusal(root.send(inHsms))).toBe('ValidationException');
  await proxy({ behaviour: 'times-out' });
  expect(await make({})).toBe('CustomKeyStoreInvalidStateException');
  await proxy();
  await disconnect(store);
  expect(await make({})).toBe('CustomKeyStoreInvalidStateException');
});

test('a key of a disconnected store is unavailable, and comes back with it', async () => {
  const { disconnect, connect, store, state, encrypt, root } = await storeWithKey();
  await disconnect(store);
  expect(await state()).toBe('Unavailable');
  await expect(encrypt()).rejects.toMatchObject({
    name: 'KMSInvalidStateException',
    message: expect.stringContaining('is unavailable.'),
  });
  expect(await refusal(root.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: store })))).toBe(
    'CustomKeyStoreHasCMKsException',
  );
  await connect(store);
  expect(await state()).toBe('Enabled');
  expect(await encrypt()).toBeDefined();
});

test('it is neither rotated nor imported nor replicated, and protects no data key pairs', async () => {
  const { root, KeyId } = await storeWithKey();
  const calls = [
    root.send(new EnableKeyRotationCommand({ KeyId })),
    root.send(new RotateKeyOnDemandCommand({ KeyId })),
    root.send(
      new GetParametersForImportCommand({
        KeyId,
        WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
        WrappingKeySpec: 'RSA_2048',
      }),
    ),
    root.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' })),
    root.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
  ];
  expect(await Promise.all(calls.map(refusal))).toEqual(calls.map(() => 'UnsupportedOperationException'));
});

test('the external key outlives its KMS key, and another KMS key can stand for it, which opens nothing of the first', async () => {
  const { root, KeyId, clock, keyIn, store, encrypt, recorded } = await storeWithKey();
  const CiphertextBlob = await encrypt();
  await root.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  expect(await refusal(keyIn(store))).toBe('XksKeyAlreadyInUseException');
  clock.advance('P7D');
  const again = await keyIn(store);
  expect(recorded.find(({ eventName }) => eventName === 'DeleteKey')).not.toHaveProperty(
    'additionalEventData',
  );
  const decrypt = new DecryptCommand({ KeyId: again, CiphertextBlob, EncryptionContext });
  expect(await refusal(root.send(decrypt))).toBe('IncorrectKeyException');
});

test('the uses of the keys in an external key store have a quota of their own', async () => {
  const { post, encrypt } = await storeWithKey();
  await post('/_local/quotas', { share: 2 / 1800 });
  await encrypt();
  await encrypt();
  expect(await refusal(encrypt())).toBe('ThrottlingException');
});

test('the control route keeps to the limits of AWS, and shows no material', async () => {
  const { post, proxy } = await storeWithKey();
  expect(await proxy()).toEqual({
    uriEndpoint: 'https://proxy.xks.example.com',
    uriPath: '/kms/xks/v1',
    accessKeyId: CREDENTIAL.AccessKeyId,
    connectivity: 'PUBLIC_ENDPOINT',
    behaviour: null,
    keys: ['one', 'two'].map((id) => ({
      id,
      keySpec: 'AES_256',
      keyUsage: ['ENCRYPT', 'DECRYPT'],
      status: 'ENABLED',
    })),
  });
  const insecure = { uriEndpoint: 'http://proxy.xks.example.com', uriPath: '/kms/xks/v1' };
  expect(await post('/_local/xks/proxies', insecure)).toMatchObject({ status: 400 });
});

test('a store, its proxy and its external keys outlive the server', async () => {
  const database = databaseFile();
  const server = await storeWithKey(await startedKms({ database }));
  const CiphertextBlob = await server.encrypt();
  await server.close();
  const { root } = await localKms({ database });
  const opened = await root.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
  expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Plaintext);
});
