import {
  type DataKeyPairSpec,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  ListKeysCommand,
  ReplicateKeyCommand,
  UpdateAliasCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { OWN_QUOTAS } from '../../../../local/kms/imperfections/quotas.ts';
import { OPERATIONS } from '../../../../local/kms/operations/index.ts';
import { CRYPTOGRAPHIC_OPERATIONS } from '../../../../local/kms/service.ts';
import { ACCOUNT, localKms, type TestKms } from './local-kms.ts';

const throttled = {
  name: 'ThrottlingException',
  message: 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
  $metadata: { httpStatusCode: 400 },
};

/** A server whose clock moves only when it is moved. */
async function frozenKms(): Promise<TestKms> {
  const clock = new VirtualClock({ realNow: () => Date.UTC(2026, 10, 25) });
  return localKms({ clock });
}

const createKey = (kms: TestKms) => kms.createKey();

async function times(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let made = 0; made < count; made += 1) await call();
}

describe('request quotas', () => {
  test('are not there until they are asked for', async () => {
    const kms = await frozenKms();
    await expect(times(20, () => createKey(kms))).resolves.toBeUndefined();
  });

  test('let so many calls through in a second, and more as time passes', async () => {
    const kms = await frozenKms();
    await kms.post('/_local/quotas', {});
    await times(5, () => createKey(kms));
    await expect(createKey(kms)).rejects.toMatchObject(throttled);
    kms.clock.advance(199);
    await expect(createKey(kms)).rejects.toMatchObject(throttled);
    kms.clock.advance(1);
    await createKey(kms);
    await expect(createKey(kms)).rejects.toMatchObject(throttled);
    kms.clock.advance('PT1H'); // no more than a second's worth is saved up
    await times(5, () => createKey(kms));
    await expect(createKey(kms)).rejects.toMatchObject(throttled);
    expect(kms.recorded.at(-1)).toMatchObject({ eventName: 'CreateKey', errorCode: 'ThrottlingException' });
  });

  test('count each operation by itself, and a call that fails as well', async () => {
    const kms = await frozenKms();
    await kms.post('/_local/quotas', {});
    const update = () =>
      kms.root.send(new UpdateAliasCommand({ AliasName: 'alias/none', TargetKeyId: 'alias/none' }));
    await times(5, () => expect(update()).rejects.toMatchObject({ name: 'NotFoundException' }));
    await expect(update()).rejects.toMatchObject(throttled);
    await expect(kms.root.send(new ListKeysCommand({}))).resolves.toBeDefined();
  });

  test('are those of each account in each Region', async () => {
    const kms = await frozenKms();
    await kms.post('/_local/quotas', {});
    const other = await kms.as('arn:aws:iam::111122223333:root');
    const abroad = kms.client('test', { region: 'eu-west-1' });
    for (const client of [kms.root, other, abroad]) {
      await times(5, () => kms.createKey({}, client));
      await expect(kms.createKey({}, client)).rejects.toMatchObject(throttled);
    }
  });

  test('count a replication as the making of two keys in the other Region', async () => {
    const kms = await frozenKms();
    const keys = [];
    for (let made = 0; made < 3; made += 1) keys.push((await kms.createKey({ MultiRegion: true })).id);
    await kms.post('/_local/quotas', {});
    const replicate = (KeyId = '') =>
      kms.root.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
    await replicate(keys[0]);
    await replicate(keys[1]);
    await expect(replicate(keys[2])).rejects.toMatchObject(throttled);
    await times(5, () => createKey(kms));
  });

  test('let a replication through that is worth more than there is room for, at the cost of what follows', async () => {
    const kms = await frozenKms();
    const abroad = kms.client('test', { region: 'eu-west-1' });
    const { id: KeyId } = await kms.createKey({ MultiRegion: true });
    await kms.post('/_local/quotas', { share: 0.2 }); // one CreateKey a second
    await kms.root.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
    kms.clock.advance('PT1S');
    await expect(kms.createKey({}, abroad)).rejects.toMatchObject(throttled);
    kms.clock.advance('PT1S');
    await kms.createKey({}, abroad);
  });

  test('count the move of a primary key in both Regions', async () => {
    const kms = await frozenKms();
    const { id: KeyId } = await kms.createKey({ MultiRegion: true });
    await kms.root.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
    await kms.post('/_local/quotas', { share: 0.2 });
    await kms.root.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'eu-west-1' }));
    const back = new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'us-east-1' });
    await expect(kms.client('test', { region: 'eu-west-1' }).send(back)).rejects.toMatchObject(throttled);
  });

  test('are shared by the uses of keys of a kind', async () => {
    const kms = await frozenKms();
    const client = kms.client('test', { region: 'eu-south-1' });
    const { id } = await kms.createKey({}, client);
    const other = await kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }, client);
    await kms.post('/_local/quotas', { share: 0.0005 });
    const encrypt = (KeyId: string, more = {}) =>
      client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('a'), ...more }));
    await times(5, () => encrypt(id));
    await expect(encrypt(id)).rejects.toMatchObject(throttled);
    await expect(encrypt(other.id, { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })).resolves.toBeDefined();
  });

  test('are for each kind of data key pair, and those of other uses are not touched', async () => {
    const kms = await frozenKms();
    const client = kms.client('test', { region: 'eu-south-1' });
    const { id: KeyId } = await kms.createKey({}, client);
    await kms.post('/_local/quotas', { share: 0.05 });
    const pair = (KeyPairSpec: DataKeyPairSpec) =>
      client.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec }));
    await pair('RSA_2048');
    await expect(pair('RSA_2048')).rejects.toMatchObject(throttled);
    await expect(
      client.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: 'RSA_2048' })),
    ).rejects.toMatchObject(throttled);
    await pair('RSA_3072');
    await times(5, () => pair('ECC_NIST_P256'));
    await expect(pair('ECC_NIST_P256')).rejects.toMatchObject(throttled);
    await kms.post('/_local/quotas', { share: 0.0001 });
    const encrypt = () => client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('a') }));
    await pair('ECC_NIST_P384');
    await encrypt();
    await expect(encrypt()).rejects.toMatchObject(throttled);
  });

  test('can be a part of those of AWS, and are lifted', async () => {
    const kms = await frozenKms();
    const { id } = await kms.createKey();
    const describeKey = () => kms.root.send(new DescribeKeyCommand({ KeyId: id }));
    await kms.post('/_local/quotas', { share: 0.001 });
    await times(2, describeKey);
    await expect(describeKey()).rejects.toMatchObject(throttled);
    await fetch(`${kms.url}/_local/quotas`, { method: 'DELETE' });
    await expect(times(5, describeKey)).resolves.toBeUndefined();
  });

  test('are those of the callers that were asked for, of which others use up nothing', async () => {
    const kms = await frozenKms();
    const { id } = await kms.createKey();
    const role = await kms.as(`arn:aws:sts::${ACCOUNT}:assumed-role/steps/one`);
    const callers = ['arn:aws:sts::*:assumed-role/steps/*'];
    await kms.post('/_local/quotas', { share: 0.001, callers });
    const describeKey = (client = kms.root) => client.send(new DescribeKeyCommand({ KeyId: id }));
    await times(5, () => describeKey());
    await times(2, () => describeKey(role));
    await expect(describeKey(role)).rejects.toMatchObject(throttled);
    await expect(describeKey()).resolves.toBeDefined();
  });

  test('are refused without a share', async () => {
    const kms = await frozenKms();
    await expect(kms.post('/_local/quotas', { share: 0 })).resolves.toMatchObject({ status: 400 });
  });

  test('are known for every operation that shares none with the uses of keys', () => {
    const shared = new Set([...CRYPTOGRAPHIC_OPERATIONS, 'GenerateRandom']);
    const others = Object.keys(OPERATIONS).filter((name) => !shared.has(name));
    expect(others.filter((name) => !Object.hasOwn(OWN_QUOTAS, name))).toEqual([]);
  });
});
