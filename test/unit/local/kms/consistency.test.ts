import { randomBytes } from 'node:crypto';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyRotationsCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import {
  GetResourcesCommand,
  ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { describe, expect, test } from 'vitest';
import { externalKey, importWith, parametersFor } from './imports.ts';
import { ACCOUNT, keyPolicy, localKms, type TestKms } from './local-kms.ts';

/** The next so many calls see what was before, and the ones after them what is. */
const late = (kms: TestKms, reads: number) =>
  kms.post('/_local/consistency', { seed: 1, probability: 1, reads });

async function stateOf(kms: TestKms, keyId: string, by = kms.root): Promise<string> {
  try {
    const { KeyMetadata } = await by.send(new DescribeKeyCommand({ KeyId: keyId }));
    return String(KeyMetadata?.KeyState);
  } catch (error) {
    return (error as Error).name;
  }
}

async function several<T>(count: number, read: () => Promise<T>): Promise<T[]> {
  const seen: T[] = [];
  for (let made = 0; made < count; made += 1) seen.push(await read());
  return seen;
}

describe('eventual consistency', () => {
  test('is not there until it is asked for', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    expect(await stateOf(kms, id)).toBe('Enabled');
  });

  test('hides a new key, from readers and from changes', async () => {
    const kms = await localKms();
    await late(kms, 3);
    const { id } = await kms.createKey();
    expect(await stateOf(kms, id)).toBe('NotFoundException');
    const disable = () => kms.root.send(new DisableKeyCommand({ KeyId: id }));
    await expect(disable()).rejects.toMatchObject({ name: 'NotFoundException' });
    const create = () => kms.root.send(new CreateAliasCommand({ AliasName: 'alias/a', TargetKeyId: id }));
    await expect(create()).rejects.toMatchObject({ name: 'NotFoundException' });
    expect(await stateOf(kms, id)).toBe('Enabled');
  });

  test('shows a state that flips back', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await kms.post('/_local/consistency', { seed: 3, probability: 0.5, reads: 20 });
    await kms.root.send(new DisableKeyCommand({ KeyId: id }));
    const seen = await several(30, () => stateOf(kms, id));
    const flips = seen.filter((state, index) => index > 0 && state !== seen[index - 1]).length;
    expect(flips).toBeGreaterThan(3);
    expect(new Set(seen.slice(20))).toEqual(new Set(['Disabled']));
  });

  test('shows imported material late, and deleted material a while longer', async () => {
    const kms = await localKms();
    const { id } = await externalKey(kms);
    const material = randomBytes(32);
    const parameters = await parametersFor(kms.root, id);
    await late(kms, 2);
    await importWith(kms.root, parameters, material);
    expect(await stateOf(kms, id)).toBe('PendingImport');
    const encrypt = () => kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('a') }));
    await expect(encrypt()).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    const { CiphertextBlob } = await encrypt();
    await kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: id }));
    const decrypt = () => kms.root.send(new DecryptCommand({ CiphertextBlob }));
    expect(await stateOf(kms, id)).toBe('Enabled');
    await expect(decrypt()).resolves.toMatchObject({ Plaintext: new Uint8Array(Buffer.from('a')) });
    await expect(decrypt()).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
  });

  test('is the same for the same seed', async () => {
    const runs = await several(2, async () => {
      const kms = await localKms();
      const { id } = await kms.createKey();
      await kms.post('/_local/consistency', { seed: 5, probability: 0.5, reads: 20 });
      await kms.root.send(new DisableKeyCommand({ KeyId: id }));
      return several(20, () => stateOf(kms, id));
    });
    expect(runs[0]).toEqual(runs[1]);
  });

  test('lets a disabled key be used, and changes nothing on the word of the past', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await late(kms, 4);
    await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    const encrypt = () => kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('a') }));
    await expect(encrypt()).resolves.toBeDefined();
    // Shown as Enabled, the key would be disabled, and its deletion forgotten.
    await expect(kms.root.send(new DisableKeyCommand({ KeyId: id }))).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
    });
    // Not shown as pending deletion, it is refused.
    await expect(kms.root.send(new CancelKeyDeletionCommand({ KeyId: id }))).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
    });
    expect(await several(2, () => stateOf(kms, id))).toEqual(['Enabled', 'PendingDeletion']);
  });

  test('shows an alias with its former target, or none', async () => {
    const kms = await localKms();
    const [one, other] = [await kms.createKey(), await kms.createKey()];
    await late(kms, 2);
    const target = async () => {
      const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: 'alias/a' }));
      return KeyMetadata?.KeyId;
    };
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/a', TargetKeyId: one.id }));
    await several(2, () => expect(target()).rejects.toMatchObject({ name: 'NotFoundException' }));
    expect(await target()).toBe(one.id);
    await kms.root.send(new UpdateAliasCommand({ AliasName: 'alias/a', TargetKeyId: other.id }));
    expect(await target()).toBe(one.id);
    const { Aliases: listed = [] } = await kms.root.send(new ListAliasesCommand({ KeyId: one.id }));
    expect(listed).toHaveLength(1);
    expect(await target()).toBe(other.id);
  });

  test('shows policies and grants late', async () => {
    const kms = await localKms();
    const arn = `arn:aws:iam::${ACCOUNT}:user/dora`;
    const dora = await kms.as(arn, []);
    const [one, other] = [await kms.createKey(), await kms.createKey()];
    await late(kms, 1);
    const reads = (id: string) => () => dora.send(new DescribeKeyCommand({ KeyId: id }));
    const statement = { Effect: 'Allow', Principal: { AWS: arn }, Action: 'kms:DescribeKey', Resource: '*' };
    await kms.root.send(new PutKeyPolicyCommand({ KeyId: one.id, Policy: keyPolicy(statement) }));
    await expect(reads(one.id)()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(reads(one.id)()).resolves.toBeDefined();
    await kms.root.send(
      new CreateGrantCommand({ KeyId: other.id, GranteePrincipal: arn, Operations: ['DescribeKey'] }),
    );
    const grants = async () => {
      const { Grants: listed = [] } = await kms.root.send(new ListGrantsCommand({ KeyId: other.id }));
      return listed.length;
    };
    expect(await several(2, grants)).toEqual([0, 1]);
    await expect(reads(other.id)()).resolves.toBeDefined();
  });

  test('shows a rotation late, and reads what the new material protects', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await late(kms, 2);
    await kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    const rotations = async () => {
      const { Rotations: listed = [] } = await kms.root.send(new ListKeyRotationsCommand({ KeyId: id }));
      return listed.length;
    };
    expect(await several(3, rotations)).toEqual([0, 0, 1]);
    const { CiphertextBlob: blob } = await kms.root.send(
      new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('a') }),
    );
    await kms.root.send(new DisableKeyCommand({ KeyId: id }));
    const decrypted = await kms.root.send(new DecryptCommand({ CiphertextBlob: blob }));
    expect(Buffer.from(decrypted.Plaintext ?? []).toString()).toBe('a');
  });

  test('shows late in every Region what is done to a multi-Region key', async () => {
    const kms = await localKms();
    const away = kms.client('test', { region: 'eu-west-1' });
    const { id } = await kms.createKey({ MultiRegion: true });
    await kms.root.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'eu-west-1' }));
    const rotations = async () => {
      const { Rotations: listed = [] } = await away.send(new ListKeyRotationsCommand({ KeyId: id }));
      return listed.length;
    };
    const typeOf = async () => {
      const { KeyMetadata } = await away.send(new DescribeKeyCommand({ KeyId: id }));
      return KeyMetadata?.MultiRegionConfiguration?.MultiRegionKeyType;
    };
    await late(kms, 2);
    await kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    expect(await several(3, rotations)).toEqual([0, 0, 1]);
    await several(2, () => stateOf(kms, id));
    await kms.root.send(new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: 'eu-west-1' }));
    expect(await several(3, typeOf)).toEqual(['REPLICA', 'REPLICA', 'PRIMARY']);
  });

  test('shows the index of tags late by itself', async () => {
    const kms = await localKms();
    const tagging = new ResourceGroupsTaggingAPIClient({
      endpoint: kms.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'of no account' },
    });
    const found = async () => {
      const { ResourceTagMappingList: list = [] } = await tagging.send(new GetResourcesCommand({}));
      return list.length;
    };
    await late(kms, 2);
    const { id } = await kms.createKey({ Tags: [{ TagKey: 'a', TagValue: 'b' }] });
    await several(2, () => stateOf(kms, id));
    expect(await stateOf(kms, id)).toBe('Enabled');
    expect(await several(3, found)).toEqual([0, 0, 1]);
    await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    kms.clock.advance('P8D');
    expect(await stateOf(kms, id)).toBe('NotFoundException');
    expect(await several(3, found)).toEqual([1, 1, 0]);
  });

  test('is met by the callers that were asked for, before whom others see each change', async () => {
    const kms = await localKms();
    const role = `arn:aws:sts::${ACCOUNT}:assumed-role/steps`;
    const step = await kms.as(`${role}/one`);
    const { id } = await kms.createKey();
    await kms.post('/_local/consistency', { seed: 1, probability: 1, reads: 2, callers: [`${role}/*`] });
    await kms.root.send(new DisableKeyCommand({ KeyId: id }));
    expect(await several(3, () => stateOf(kms, id))).toEqual(['Disabled', 'Disabled', 'Disabled']);
    expect(await several(3, () => stateOf(kms, id, step))).toEqual(['Enabled', 'Enabled', 'Disabled']);
  });

  test('lasts five minutes at most, and until it is ended', async () => {
    const kms = await localKms();
    await late(kms, 100);
    const { id } = await kms.createKey();
    expect(await stateOf(kms, id)).toBe('NotFoundException');
    kms.clock.advance('PT5M');
    expect(await stateOf(kms, id)).toBe('Enabled');
    await kms.root.send(new DisableKeyCommand({ KeyId: id }));
    expect(await stateOf(kms, id)).toBe('Enabled');
    await fetch(`${kms.url}/_local/consistency`, { method: 'DELETE' });
    expect(await stateOf(kms, id)).toBe('Disabled');
  });

  test.each([
    ['without reads', { seed: 1, probability: 1, reads: 0 }],
    ['without a seed', { probability: 1, reads: 1 }],
  ])('is refused %s', async (_what, body) => {
    const kms = await localKms();
    await expect(kms.post('/_local/consistency', body)).resolves.toMatchObject({ status: 400 });
  });
});
