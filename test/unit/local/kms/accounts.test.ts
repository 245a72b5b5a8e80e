import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  ListAliasesCommand,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { keyPolicy, localKms } from './local-kms.ts';

const OTHER_ROOT = 'arn:aws:iam::111122223333:root';

test('accounts and Regions have their own keys and aliases, of the same name too', async () => {
  const kms = await localKms();
  const other = await kms.as(OTHER_ROOT);
  const abroad = kms.client('test', { region: 'eu-west-1' });
  for (const client of [kms.root, other, abroad]) {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
    await client.send(new CreateAliasCommand({ AliasName: 'alias/same', TargetKeyId: KeyMetadata?.KeyId }));
    const described = await client.send(new DescribeKeyCommand({ KeyId: 'alias/same' }));
    expect(described.KeyMetadata?.Arn).toBe(KeyMetadata?.Arn);
    expect((await client.send(new ListKeysCommand({}))).Keys).toHaveLength(1);
    expect((await client.send(new ListAliasesCommand({}))).Aliases).toHaveLength(1);
  }
});

test('a key is not found from another account by its id, nor from another Region', async () => {
  const kms = await localKms();
  const { id, arn } = await kms.createKey();
  const other = await kms.as(OTHER_ROOT);
  const abroad = kms.client('test', { region: 'eu-west-1' });
  for (const [client, KeyId] of [
    [other, id],
    [abroad, id],
    [abroad, arn],
  ] as const) {
    await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  }
});

test('another account uses a key by its ARN, where its policy lets it, and cannot manage it', async () => {
  const kms = await localKms();
  const Policy = keyPolicy({
    Effect: 'Allow',
    Principal: { AWS: OTHER_ROOT },
    Action: 'kms:*',
    Resource: '*',
  });
  const { arn } = await kms.createKey({ Policy });
  await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/lent', TargetKeyId: arn }));
  const other = await kms.as('arn:aws:iam::111122223333:user/guest');
  const aliasArn = arn.replace(/key\/.*/, 'alias/lent');
  const made = await other.send(new EncryptCommand({ KeyId: aliasArn, Plaintext: Buffer.from('x') }));
  expect(made.KeyId).toBe(arn);
  const { Plaintext } = await other.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }));
  expect(Buffer.from(Plaintext ?? [])).toEqual(Buffer.from('x'));
  await expect(other.send(new DisableKeyCommand({ KeyId: arn }))).rejects.toMatchObject({
    name: 'NotFoundException',
  });
});
