import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  ListAliasesCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { ACCOUNT, localKms } from './local-kms.ts';

const ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/pay`;

test('an alias is made, listed, moved and deleted', async () => {
  const kms = await localKms();
  const first = await kms.createKey();
  const second = await kms.createKey();
  await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: first.id }));
  const before = await kms.root.send(new ListAliasesCommand({ KeyId: first.arn }));
  expect(before.Aliases).toMatchObject([{ AliasName: 'alias/pay', AliasArn: ARN, TargetKeyId: first.id }]);
  kms.clock.advance('PT1H');
  await kms.root.send(new UpdateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: second.arn }));
  await expect(kms.root.send(new ListAliasesCommand({ KeyId: first.id }))).resolves.toMatchObject({
    Aliases: [],
  });
  const [after] = (await kms.root.send(new ListAliasesCommand({}))).Aliases ?? [];
  expect(after).toMatchObject({ TargetKeyId: second.id, CreationDate: before.Aliases?.[0]?.CreationDate });
  expect(after?.LastUpdatedDate?.getTime()).toBeGreaterThan(after?.CreationDate?.getTime() ?? Infinity);
  await kms.root.send(new DeleteAliasCommand({ AliasName: 'alias/pay' }));
  await expect(kms.root.send(new DescribeKeyCommand({ KeyId: 'alias/pay' }))).rejects.toMatchObject({
    name: 'NotFoundException',
    message: `Alias ${ARN} is not found.`,
  });
});

test('the aliases of a key of another account are not listed, and nobody learns whether there is one', async () => {
  const kms = await localKms();
  const other = await kms.as('arn:aws:iam::111122223333:root');
  const { id, arn } = await kms.createKey({}, other);
  await other.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: id }));
  for (const KeyId of [arn, `${arn.slice(0, -4)}0000`]) {
    await expect(kms.root.send(new ListAliasesCommand({ KeyId }))).rejects.toMatchObject({
      name: 'NotFoundException',
      message: `Key '${KeyId}' does not exist`,
    });
  }
});

test('an alias moves away from a key that is pending deletion', async () => {
  const kms = await localKms();
  const dying = await kms.createKey();
  const other = await kms.createKey();
  await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: dying.id }));
  await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: dying.id }));
  await kms.root.send(new UpdateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: other.id }));
  const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: 'alias/pay' }));
  expect(KeyMetadata?.KeyId).toBe(other.id);
});

describe('an alias is refused', () => {
  test('when its name is taken', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    const command = { AliasName: 'alias/pay', TargetKeyId: id };
    await kms.root.send(new CreateAliasCommand(command));
    await expect(kms.root.send(new CreateAliasCommand(command))).rejects.toMatchObject({
      name: 'AlreadyExistsException',
      message: `An alias with the name ${ARN} already exists`,
    });
  });

  test.each([
    ['pay', 'ValidationException'],
    ['alias/aws/pay', 'InvalidAliasNameException'],
    ['alias/pay day', 'ValidationException'],
    [`alias/${'x'.repeat(251)}`, 'ValidationException'],
  ])('under the name %s', async (AliasName, name) => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    await expect(kms.root.send(new CreateAliasCommand({ AliasName, TargetKeyId: id }))).rejects.toMatchObject(
      { name },
    );
  });

  test('as the 51st of a key', async () => {
    const kms = await localKms();
    const { id } = await kms.createKey();
    for (let count = 1; count <= 50; count += 1) {
      await kms.root.send(new CreateAliasCommand({ AliasName: `alias/pay-${count}`, TargetKeyId: id }));
    }
    await expect(
      kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay-51', TargetKeyId: id })),
    ).rejects.toMatchObject({ name: 'LimitExceededException' });
    const other = await kms.createKey();
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/hr', TargetKeyId: other.id }));
    const move = (AliasName: string) => kms.root.send(new UpdateAliasCommand({ AliasName, TargetKeyId: id }));
    await expect(move('alias/hr')).rejects.toMatchObject({ name: 'LimitExceededException' });
    await expect(move('alias/pay-1')).resolves.toBeDefined();
    await kms.root.send(new DeleteAliasCommand({ AliasName: 'alias/hr' }));
    const page = await kms.root.send(new ListAliasesCommand({ Limit: 30 }));
    const rest = await kms.root.send(new ListAliasesCommand({ Limit: 30, Marker: page.NextMarker }));
    expect([page.Aliases?.length, rest.Aliases?.length, rest.Truncated]).toEqual([30, 20, false]);
  });

  test('when it would move to another type or use of key, or is not there', async () => {
    const kms = await localKms();
    const aes = await kms.createKey();
    const ecc = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: aes.id }));
    await expect(
      kms.root.send(new UpdateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: ecc.id })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(
      kms.root.send(new UpdateAliasCommand({ AliasName: 'alias/none', TargetKeyId: aes.id })),
    ).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(kms.root.send(new DeleteAliasCommand({ AliasName: 'alias/none' }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });
});
