import {
  CreateKeyCommand,
  DecryptCommand,
  DeleteCustomKeyStoreCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateRandomCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  UpdateCustomKeyStoreCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { LocalKmsOptions } from '../../../../../local/kms/server.ts';
import { SUBNETS } from '../../cloudhsm/cloudhsm-of.ts';
import type { TestKeyStore } from './key-store-in.ts';
import { keyStoreServer } from './key-store-server.ts';

const Plaintext = Buffer.from('what is protected');

const hsmKeysSchema = z.object({
  count: z.number(),
  keys: z.array(z.object({ id: z.string(), owner: z.string(), label: z.string() })),
});

export async function hsmKeys(server: TestKeyStore, clusterId = server.clusterId) {
  const { body } = await server.send('GET', `/_local/cloudhsm/keys?clusterId=${clusterId}&owner=kmsuser`);
  return hsmKeysSchema.parse(body);
}

/** How keys of a custom key store live, wherever the keys of the HSMs are. */
export function describeKeys(home: string, options: () => LocalKmsOptions): void {
  describe(`with the keys of the HSMs in ${home}`, () => {
    const start = () => keyStoreServer(options());

    test('a key of a custom key store encrypts and decrypts in the HSMs', async () => {
      const server = await start();
      const store = await server.connected();
      const { KeyMetadata } = await server.root.send(
        new CreateKeyCommand({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: store }),
      );
      const arn = KeyMetadata?.Arn ?? '';
      expect(KeyMetadata).toMatchObject({
        Origin: 'AWS_CLOUDHSM',
        CustomKeyStoreId: store,
        CloudHsmClusterId: server.clusterId,
        KeyState: 'Enabled',
        MultiRegion: false,
      });
      expect(KeyMetadata?.CurrentKeyMaterialId).toBeUndefined();
      const { keys } = await hsmKeys(server);
      expect(keys).toMatchObject([{ owner: 'kmsuser', label: arn }]);
      const context = { purpose: 'test' };
      const { CiphertextBlob } = await server.root.send(
        new EncryptCommand({ KeyId: arn, Plaintext, EncryptionContext: context }),
      );
      const decrypt = (EncryptionContext: Record<string, string>) =>
        server.root.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
      const answer = await decrypt(context);
      expect(Buffer.from(answer.Plaintext ?? [])).toEqual(Plaintext);
      expect(answer.KeyMaterialId).toBeUndefined();
      await expect(decrypt({ purpose: 'other' })).rejects.toMatchObject({
        name: 'InvalidCiphertextException',
      });
      const dataKey = await server.root.send(new GenerateDataKeyCommand({ KeyId: arn, KeySpec: 'AES_256' }));
      const opened = await server.root.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob }));
      expect(opened.Plaintext).toEqual(dataKey.Plaintext);

      const backingKeyId = keys[0]?.id;
      const record = (name: string) => server.recorded.find(({ eventName }) => eventName === name);
      expect(record('CreateKey')?.additionalEventData).toEqual({
        backingKey: JSON.stringify({ backingKeyId }),
      });
      expect(record('Decrypt')?.additionalEventData).toEqual({ customKeyStoreId: store, backingKeyId });
    });

    test('ciphertexts go from a key of AWS KMS to one of a custom key store and back', async () => {
      const server = await start();
      const inHsm = await server.keyIn(await server.connected());
      const { id: ours } = await server.createKey();
      const reEncrypt = (CiphertextBlob: Uint8Array | undefined, DestinationKeyId: string) =>
        server.root.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId }));
      const there = await reEncrypt(await server.encrypt(ours), inHsm);
      expect(there.DestinationKeyMaterialId).toBeUndefined();
      const back = await reEncrypt(there.CiphertextBlob, ours);
      const { Plaintext: opened } = await server.root.send(
        new DecryptCommand({ CiphertextBlob: back.CiphertextBlob }),
      );
      expect(Buffer.from(opened ?? [])).toEqual(Plaintext);
    });

    test('material that was deleted in the HSMs comes back with a cluster made of a backup', async () => {
      const server = await start();
      const store = await server.connected();
      const key = await server.keyIn(store);
      const CiphertextBlob = await server.encrypt(key);
      server.clock.advance('P1D');
      const { BackupId } = await server.newestBackup();
      const [{ id: keyId } = { id: '' }] = (await hsmKeys(server)).keys;
      await server.cli('DELETE', 'keys', { keyId });
      const decrypt = () => server.root.send(new DecryptCommand({ CiphertextBlob }));
      await expect(decrypt()).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
      expect(await server.keyState(key)).toBe('Enabled');

      const creation = { HsmType: 'hsm2m.medium', SubnetIds: SUBNETS, SourceBackupId: BackupId };
      const { Cluster } = Object(await server.done('CreateCluster', creation));
      server.clock.advance('PT1M');
      const clusterId: string = Cluster.ClusterId;
      for (const zone of ['us-east-1a', 'us-east-1b']) {
        await server.done('CreateHsm', { ClusterId: clusterId, AvailabilityZone: zone });
      }
      server.clock.advance('PT5M');
      await server.disconnect(store);
      await server.root.send(
        new UpdateCustomKeyStoreCommand({ CustomKeyStoreId: store, CloudHsmClusterId: clusterId }),
      );
      expect(await server.connect(store)).toMatchObject({ ConnectionState: 'CONNECTED' });
      expect(Buffer.from((await decrypt()).Plaintext ?? [])).toEqual(Plaintext);
      expect((await hsmKeys(server, clusterId)).keys).toMatchObject([{ id: keyId }]);
    });

    test('a key is deleted with its material, but not from the backups', async () => {
      const server = await start();
      const store = await server.connected();
      const key = await server.keyIn(store);
      const [{ id: backingKeyId } = { id: '' }] = (await hsmKeys(server)).keys;
      await server.root.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
      const deletion = {
        customKeyStoreId: store,
        clusterId: server.clusterId,
        backingKeys: JSON.stringify([{ backingKeyId }]),
      };
      expect(server.recorded.at(-1)).toMatchObject({
        eventName: 'ScheduleKeyDeletion',
        additionalEventData: deletion,
      });
      const deleteStore = () =>
        server.root.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: store }));
      await expect(deleteStore()).rejects.toMatchObject({ name: 'CustomKeyStoreHasCMKsException' });
      server.clock.advance('P7D');
      await server.disconnect(store);
      await deleteStore();
      expect((await hsmKeys(server)).count).toBe(0);
      expect(server.recorded.find(({ eventName }) => eventName === 'DeleteKey')).toMatchObject({
        additionalEventData: {
          ...deletion,
          backingKeysDeletionStatus: JSON.stringify([{ backingKeyId, deletionStatus: 'SUCCESS' }]),
        },
      });
    });

    test('random bytes come from the HSMs, while the store is connected', async () => {
      const server = await start();
      const store = await server.connected();
      const random = (CustomKeyStoreId: string) =>
        server.root.send(new GenerateRandomCommand({ NumberOfBytes: 24, CustomKeyStoreId }));
      expect((await random(store)).Plaintext).toHaveLength(24);
      await server.disconnect(store);
      await expect(random(store)).rejects.toMatchObject({ name: 'CustomKeyStoreInvalidStateException' });
      await expect(random('cks-1')).rejects.toMatchObject({ name: 'CustomKeyStoreNotFoundException' });
    });
  });
}
