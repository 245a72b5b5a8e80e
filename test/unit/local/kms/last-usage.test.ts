import {
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyLastUsageCommand,
} from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { localKms } from './local-kms.ts';

test('the last successful use of a key is known, and of no other', async () => {
  const kms = await localKms();
  const [{ id }, { id: other }] = [await kms.createKey(), await kms.createKey()];
  const usage = (KeyId: string) => kms.root.send(new GetKeyLastUsageCommand({ KeyId }));
  expect(await usage(id)).toMatchObject({ KeyId: id, KeyLastUsage: {}, TrackingStartDate: expect.any(Date) });

  await kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('plain') }));
  const { $metadata: call } = await kms.root.send(
    new GenerateDataKeyCommand({ KeyId: id, KeySpec: 'AES_256' }),
  );
  await kms.root.send(new DisableKeyCommand({ KeyId: id }));
  await expect(
    kms.root.send(new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('plain') })),
  ).rejects.toMatchObject({ name: 'DisabledException' });

  expect((await usage(id)).KeyLastUsage).toMatchObject({
    Operation: 'GenerateDataKey',
    Timestamp: expect.any(Date),
    KmsRequestId: call.requestId,
  });
  expect((await usage(other)).KeyLastUsage).toEqual({});
});
