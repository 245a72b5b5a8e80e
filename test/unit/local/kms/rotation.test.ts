import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { localKms } from './local-kms.ts';

test('a rotation makes new material current, and the old one still decrypts', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const currentMaterial = async () =>
    (await kms.root.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata?.CurrentKeyMaterialId;
  const first = await currentMaterial();
  const old = await kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('before') }));
  kms.clock.advance('P1D');
  await expect(kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id }))).resolves.toMatchObject({
    KeyId: id,
  });
  const second = await currentMaterial();
  expect(second).not.toBe(first);

  const decrypted = await kms.root.send(new DecryptCommand({ CiphertextBlob: old.CiphertextBlob }));
  expect(Buffer.from(decrypted.Plaintext ?? []).toString()).toBe('before');
  expect(decrypted.KeyMaterialId).toBe(first);
  const fresh = await kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('after') }));
  const again = await kms.root.send(new DecryptCommand({ CiphertextBlob: fresh.CiphertextBlob }));
  expect(again.KeyMaterialId).toBe(second);

  const rotations = await kms.root.send(new ListKeyRotationsCommand({ KeyId: id }));
  expect(rotations.Rotations).toEqual([
    {
      KeyId: id,
      KeyMaterialId: second,
      KeyMaterialState: 'CURRENT',
      RotationType: 'ON_DEMAND',
      RotationDate: expect.any(Date),
    },
  ]);
  const all = await kms.root.send(
    new ListKeyRotationsCommand({ KeyId: id, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
  );
  expect(all.Rotations?.[0]).toEqual({ KeyId: id, KeyMaterialId: first, KeyMaterialState: 'NON_CURRENT' });
  expect(all.Rotations?.[1]?.RotationDate?.getTime()).toBeGreaterThan(Date.now() + 86_000_000);
});

test('the status of a key that is not rotated by itself', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  await kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id }));
  const { $metadata: _, ...status } = await kms.root.send(new GetKeyRotationStatusCommand({ KeyId: id }));
  expect(status).toEqual({ KeyId: id, KeyRotationEnabled: false });
});

test('a key is rotated on demand 25 times, never more', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey();
  const rotate = () => kms.root.send(new RotateKeyOnDemandCommand({ KeyId: id }));
  for (let count = 1; count <= 25; count += 1) await rotate();
  await expect(rotate()).rejects.toMatchObject({ name: 'LimitExceededException' });
  const page = await kms.root.send(new ListKeyRotationsCommand({ KeyId: id, Limit: 20 }));
  const rest = await kms.root.send(
    new ListKeyRotationsCommand({ KeyId: id, Limit: 20, Marker: page.NextMarker }),
  );
  expect([page.Rotations?.length, rest.Rotations?.length, rest.Truncated]).toEqual([20, 5, false]);
});

test('an asymmetric key is not rotated', async () => {
  const kms = await localKms();
  const { id } = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  for (const command of [
    new RotateKeyOnDemandCommand({ KeyId: id }),
    new GetKeyRotationStatusCommand({ KeyId: id }),
    new ListKeyRotationsCommand({ KeyId: id }),
  ]) {
    await expect(kms.root.send(command)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
  }
});
