import { GenerateRandomCommand } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { ACCOUNT, identityPolicy, localKms } from './local-kms.ts';

test('random bytes, as many as were asked for', async () => {
  const kms = await localKms();
  const random = async (NumberOfBytes: number) =>
    (await kms.root.send(new GenerateRandomCommand({ NumberOfBytes }))).Plaintext;
  for (const count of [1, 32, 1024]) expect(await random(count)).toHaveLength(count);
  expect(await random(32)).not.toEqual(await random(32));
});

/** What AWS KMS was recorded to answer. */
const refusals: readonly (readonly [number | undefined, string])[] = [
  [undefined, 'NumberOfBytes is required.'],
  [
    0,
    "1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: " +
      'Member must have value greater than or equal to 1',
  ],
  [
    1025,
    "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: " +
      'Member must have value less than or equal to 1024',
  ],
];

test.each(refusals)('not %s of them', async (NumberOfBytes, message) => {
  const kms = await localKms();
  await expect(kms.root.send(new GenerateRandomCommand({ NumberOfBytes }))).rejects.toMatchObject({
    name: 'ValidationException',
    message,
  });
});

test('one of them, where one and a half were asked for', async () => {
  const kms = await localKms();
  const { Plaintext } = await kms.root.send(new GenerateRandomCommand({ NumberOfBytes: 1.5 }));
  expect(Plaintext).toHaveLength(1);
});

test('not from a custom key store, of which there is none', async () => {
  const kms = await localKms();
  await expect(
    kms.root.send(new GenerateRandomCommand({ NumberOfBytes: 8, CustomKeyStoreId: 'cks-1' })),
  ).rejects.toMatchObject({ name: 'CustomKeyStoreNotFoundException' });
});

test('for those whom IAM allows it; the record shows nothing of it', async () => {
  const kms = await localKms();
  const user = (name: string, ...statements: object[]) =>
    kms.as(`arn:aws:iam::${ACCOUNT}:user/${name}`, [identityPolicy(...statements)]);
  const yes = await user('yes', { Effect: 'Allow', Action: 'kms:GenerateRandom', Resource: '*' });
  const no = await user('no', { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' });
  await yes.send(new GenerateRandomCommand({ NumberOfBytes: 8 }));
  expect(kms.recorded.at(-1)).toMatchObject({
    eventName: 'GenerateRandom',
    requestParameters: null,
    responseElements: null,
    readOnly: true,
  });
  expect(kms.recorded.at(-1)).not.toHaveProperty('resources');
  await expect(no.send(new GenerateRandomCommand({ NumberOfBytes: 8 }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringMatching(/kms:GenerateRandom/),
  });
});
