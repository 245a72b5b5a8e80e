import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  type KeyMetadata,
  type KMSClient,
  ListKeyRotationsCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  UpdateKeyDescriptionCommand,
  UpdatePrimaryRegionCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { identityPolicy, keyPolicy, localKms, type TestKms } from './local-kms.ts';

const HOME = 'us-east-1';
const AWAY = 'eu-west-1';

interface World extends TestKms {
  readonly home: KMSClient;
  readonly away: KMSClient;
  readonly id: string;
  readonly arn: string;
  readonly replicate: (input?: object) => Promise<KeyMetadata | undefined>;
  readonly see: (client: KMSClient) => Promise<KeyMetadata | undefined>;
}

/** A server whose clock moves only when it is moved, with a multi-Region primary key in us-east-1. */
async function world(): Promise<World> {
  const kms = await localKms({ clock: new VirtualClock({ realNow: () => Date.UTC(2026, 10, 25) }) });
  const home = kms.client('test', { region: HOME });
  const { id, arn } = await kms.createKey({ MultiRegion: true, Description: 'first' }, home);
  return {
    ...kms,
    home,
    away: kms.client('test', { region: AWAY }),
    id,
    arn,
    replicate: async (input = {}) => {
      const command = new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: AWAY, ...input });
      return (await home.send(command)).ReplicaKeyMetadata;
    },
    see: async (client) => (await client.send(new DescribeKeyCommand({ KeyId: id }))).KeyMetadata,
  };
}

const encrypt = async (client: KMSClient, KeyId: string, text: string) =>
  (await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(text) }))).CiphertextBlob;

const decrypt = async (client: KMSClient, CiphertextBlob: Uint8Array | undefined) => {
  const { Plaintext, KeyId } = await client.send(new DecryptCommand({ CiphertextBlob }));
  return { text: Buffer.from(Plaintext ?? []).toString(), by: KeyId };
};

test('a multi-Region key says so in its id and its metadata', async () => {
  const { id, home, see } = await world();
  expect(id).toMatch(/^mrk-[0-9a-f]{32}$/);
  const Arn = `arn:aws:kms:${HOME}:000000000000:key/${id}`;
  expect(await see(home)).toMatchObject({
    MultiRegion: true,
    MultiRegionConfiguration: {
      MultiRegionKeyType: 'PRIMARY',
      PrimaryKey: { Arn, Region: HOME },
      ReplicaKeys: [],
    },
  });
});

describe('a replica', () => {
  test('has the id, material and kind of its primary key, and the rest for itself', async () => {
    const { id, home, away, replicate, see } = await world();
    const tags = [{ TagKey: 'copy', TagValue: 'yes' }];
    const replica = await replicate({ Description: 'second', Tags: tags });
    const Arn = `arn:aws:kms:${AWAY}:000000000000:key/${id}`;
    expect(replica).toMatchObject({ Arn, KeyId: id, Description: 'second', KeyState: 'Enabled' });
    expect((await see(home))?.MultiRegionConfiguration).toEqual({
      MultiRegionKeyType: 'PRIMARY',
      PrimaryKey: { Arn: Arn.replace(AWAY, HOME), Region: HOME },
      ReplicaKeys: [{ Arn, Region: AWAY }],
    });
    expect((await see(away))?.MultiRegionConfiguration?.MultiRegionKeyType).toBe('REPLICA');
    expect((await see(away))?.CurrentKeyMaterialId).toBe((await see(home))?.CurrentKeyMaterialId);
    expect((await away.send(new ListResourceTagsCommand({ KeyId: id }))).Tags).toEqual(tags);
    expect((await home.send(new ListResourceTagsCommand({ KeyId: id }))).Tags).toEqual([]);
    await home.send(new DisableKeyCommand({ KeyId: id }));
    await home.send(new UpdateKeyDescriptionCommand({ KeyId: id, Description: 'changed' }));
    expect(await see(away)).toMatchObject({ KeyState: 'Enabled', Description: 'second' });
  });

  test('decrypts what another Region encrypted, also without the name of the key', async () => {
    const { id, home, away, replicate } = await world();
    await replicate();
    expect(await decrypt(away, await encrypt(home, id, 'there'))).toEqual({
      text: 'there',
      by: `arn:aws:kms:${AWAY}:000000000000:key/${id}`,
    });
    expect((await decrypt(home, await encrypt(away, id, 'and back'))).text).toBe('and back');
  });

  test('verifies what another Region signed', async () => {
    const { home, away } = await world();
    const made = await home.send(
      new CreateKeyCommand({ MultiRegion: true, KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    );
    const KeyId = made.KeyMetadata?.KeyId ?? '';
    await home.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: AWAY }));
    const signing = { KeyId, Message: Buffer.from('m'), SigningAlgorithm: 'ECDSA_SHA_256' } as const;
    const { Signature } = await home.send(new SignCommand(signing));
    const { SignatureValid } = await away.send(new VerifyCommand({ ...signing, Signature }));
    expect(SignatureValid).toBe(true);
  });

  test('is one in a Region, also while a former one is pending deletion', async () => {
    const { id, away, replicate } = await world();
    await replicate();
    await expect(replicate()).rejects.toMatchObject({ name: 'AlreadyExistsException' });
    await away.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    await expect(replicate()).rejects.toMatchObject({ name: 'AlreadyExistsException' });
    await expect(replicate({ ReplicaRegion: HOME })).rejects.toMatchObject({
      name: 'AlreadyExistsException',
    });
  });

  test('is not made of a single-Region key or of a replica', async () => {
    const { id, home, away, replicate } = await world();
    await replicate();
    const single = await home.send(new CreateKeyCommand({}));
    const refused = { name: 'UnsupportedOperationException' };
    await expect(
      home.send(new ReplicateKeyCommand({ KeyId: single.KeyMetadata?.KeyId, ReplicaRegion: AWAY })),
    ).rejects.toMatchObject(refused);
    await expect(
      away.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'eu-central-1' })),
    ).rejects.toMatchObject(refused);
  });

  test('is being created for as long as a test says', async () => {
    const { id, clock, away, post, replicate, see } = await world();
    await post('/_local/durations', { ReplicateKey: 60_000 });
    expect(await replicate()).toMatchObject({ KeyState: 'Creating', Enabled: false });
    await expect(encrypt(away, id, 'x')).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
      message: `arn:aws:kms:${AWAY}:000000000000:key/${id} is creating.`,
    });
    clock.advance('PT1M');
    expect(await see(away)).toMatchObject({ KeyState: 'Enabled' });
  });

  test('needs the right to make keys in its Region, besides that to replicate', async () => {
    const kms = await world();
    const policy = (Action: string[], Condition?: object) => ({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action, Resource: '*', ...(Condition === undefined ? {} : { Condition }) },
      ],
    });
    const command = new ReplicateKeyCommand({ KeyId: kms.id, ReplicaRegion: AWAY });
    const half = await kms.as('arn:aws:iam::000000000000:user/half', [policy(['kms:ReplicateKey'])]);
    await expect(half.send(command)).rejects.toThrow(/not authorized to perform: kms:CreateKey/);
    const elsewhere = await kms.as('arn:aws:iam::000000000000:user/elsewhere', [
      policy(['kms:ReplicateKey', 'kms:CreateKey'], {
        StringEqualsIfExists: { 'kms:ReplicaRegion': 'eu-central-1' },
      }),
    ]);
    await expect(elsewhere.send(command)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const whole = await kms.as('arn:aws:iam::000000000000:user/whole', [
      policy(['kms:ReplicateKey', 'kms:CreateKey', 'kms:DescribeKey']),
    ]);
    await expect(whole.send(command)).resolves.toBeDefined();
  });

  test('is made in its own Region, as policies see it', async () => {
    const kms = await world();
    const onlyIn = (Region: string) =>
      identityPolicy(
        { Effect: 'Allow', Action: 'kms:ReplicateKey', Resource: '*' },
        {
          Effect: 'Allow',
          Action: ['kms:CreateKey', 'kms:TagResource'],
          Resource: '*',
          Condition: { StringEquals: { 'aws:RequestedRegion': Region } },
        },
      );
    const Tags = [{ TagKey: 'app', TagValue: 'shop' }];
    const command = new ReplicateKeyCommand({ KeyId: kms.id, ReplicaRegion: AWAY, Tags });
    const atHome = await kms.as('arn:aws:iam::000000000000:user/home', [onlyIn(HOME)]);
    await expect(atHome.send(command)).rejects.toThrow(/not authorized to perform: kms:CreateKey/);
    const abroad = await kms.as('arn:aws:iam::000000000000:user/away', [onlyIn(AWAY)]);
    await expect(abroad.send(command)).resolves.toMatchObject({ ReplicaTags: Tags });
  });
});

describe('rotation', () => {
  test('is set on the primary key, and shows in all Regions', async () => {
    const { id, clock, home, away, replicate } = await world();
    await replicate();
    await expect(away.send(new EnableKeyRotationCommand({ KeyId: id }))).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    });
    await home.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: 90 }));
    const old = await encrypt(home, id, 'old');
    expect(await away.send(new GetKeyRotationStatusCommand({ KeyId: id }))).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 90,
    });
    clock.advance('P91D');
    const rotations = async (client: KMSClient) =>
      (await client.send(new ListKeyRotationsCommand({ KeyId: id }))).Rotations;
    const seen = await rotations(home);
    expect(seen?.map(({ RotationType }) => RotationType)).toEqual(['AUTOMATIC']);
    expect(await rotations(away)).toEqual(seen);
    expect((await decrypt(away, old)).text).toBe('old');
    expect((await decrypt(away, await encrypt(home, id, 'new'))).text).toBe('new');
  });

  test('on demand is recorded where it is made, with the synchronisation of the other Regions', async () => {
    const { id, home, away, recorded, replicate } = await world();
    await replicate();
    await expect(away.send(new RotateKeyOnDemandCommand({ KeyId: id }))).rejects.toMatchObject({
      name: 'UnsupportedOperationException',
    });
    await home.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    expect(recorded.slice(-3).map((record) => [record.eventName, record.awsRegion])).toEqual([
      ['RotateKeyOnDemand', HOME],
      ['RotateKey', HOME],
      ['SynchronizeMultiRegionKey', HOME],
    ]);
  });
});

describe('deletion', () => {
  test('of a primary key waits for its replicas, and then for its own window', async () => {
    const { id, clock, home, away, replicate, see } = await world();
    await replicate();
    const answer = await home.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    expect(answer).toMatchObject({ KeyState: 'PendingReplicaDeletion', PendingWindowInDays: 7 });
    expect(answer.DeletionDate).toBeUndefined();
    expect(await see(home)).toMatchObject({
      KeyState: 'PendingReplicaDeletion',
      PendingDeletionWindowInDays: 7,
    });
    clock.advance('P100D');
    expect(await see(home)).toMatchObject({ KeyState: 'PendingReplicaDeletion' });
    await away.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 10 }));
    clock.advance('P10D');
    await expect(see(away)).rejects.toMatchObject({ name: 'NotFoundException' });
    const dying = await see(home);
    expect(dying?.KeyState).toBe('PendingDeletion');
    expect(dying?.DeletionDate).toEqual(new Date(Date.UTC(2026, 10, 25 + 117)));
    clock.advance('P7D');
    await expect(see(home)).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test('is over in one move of the clock that goes over both windows', async () => {
    const { id, clock, home, away, recorded, replicate, see } = await world();
    await replicate();
    for (const client of [away, home]) {
      await client.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    }
    clock.advance('P14D');
    await expect(see(home)).rejects.toMatchObject({ name: 'NotFoundException' });
    const deletions = recorded.filter(({ eventName }) => eventName === 'DeleteKey');
    expect(deletions.map(({ awsRegion }) => awsRegion)).toEqual([AWAY, HOME]);
  });

  test('cancelled while it waits for replicas leaves the key disabled', async () => {
    const { id, clock, home, away, replicate, see } = await world();
    await replicate();
    await home.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    await home.send(new CancelKeyDeletionCommand({ KeyId: id }));
    expect(await see(home)).toMatchObject({ KeyState: 'Disabled' });
    await away.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    clock.advance('P30D');
    expect(await see(home)).toMatchObject({ KeyState: 'Disabled' });
    await home.send(new EnableKeyCommand({ KeyId: id }));
    await expect(encrypt(home, id, 'x')).resolves.toBeDefined();
  });
});

describe('UpdatePrimaryRegion', () => {
  test('makes the replica the primary key, and the primary key a replica', async () => {
    const { id, home, away, replicate, see } = await world();
    await replicate();
    await home.send(new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: AWAY }));
    expect((await see(home))?.MultiRegionConfiguration).toEqual({
      MultiRegionKeyType: 'REPLICA',
      PrimaryKey: { Arn: `arn:aws:kms:${AWAY}:000000000000:key/${id}`, Region: AWAY },
      ReplicaKeys: [{ Arn: `arn:aws:kms:${HOME}:000000000000:key/${id}`, Region: HOME }],
    });
    await expect(away.send(new RotateKeyOnDemandCommand({ KeyId: id }))).resolves.toBeDefined();
    await expect(home.send(new RotateKeyOnDemandCommand({ KeyId: id }))).rejects.toThrow(/is a replica/);
  });

  test('leaves both keys updating for as long as a test says: they can be used, not changed', async () => {
    const { id, clock, home, away, post, replicate, see } = await world();
    await replicate();
    await post('/_local/durations', { UpdatePrimaryRegion: 60_000 });
    await home.send(new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: AWAY }));
    for (const client of [home, away]) {
      expect(await see(client)).toMatchObject({ KeyState: 'Updating' });
      await expect(encrypt(client, id, 'x')).resolves.toBeDefined();
      await expect(client.send(new DisableKeyCommand({ KeyId: id }))).rejects.toMatchObject({
        name: 'KMSInvalidStateException',
        message: expect.stringMatching(/is updating\.$/),
      });
    }
    clock.advance('PT1M');
    expect(await see(home)).toMatchObject({ KeyState: 'Enabled' });
    expect(await see(away)).toMatchObject({ KeyState: 'Enabled' });
  });

  test('moves on while keys are still updating, and each comes back to the state that it had before', async () => {
    const { id, clock, home, away, post, replicate, see } = await world();
    await replicate();
    await away.send(new DisableKeyCommand({ KeyId: id }));
    await post('/_local/durations', { UpdatePrimaryRegion: 60_000 });
    await home.send(new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: AWAY }));
    await away.send(new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: HOME }));
    expect(await see(home)).toMatchObject({
      KeyState: 'Updating',
      MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY' },
    });
    clock.advance('PT1M');
    expect(await see(home)).toMatchObject({ KeyState: 'Enabled' });
    expect(await see(away)).toMatchObject({ KeyState: 'Disabled' });
  });

  test('must be allowed on the replica too, in its Region', async () => {
    const kms = await world();
    const { id, home, arn, replicate, see } = kms;
    await replicate({
      Policy: keyPolicy({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'kms:UpdatePrimaryRegion',
        Resource: '*',
        Condition: { StringEquals: { 'aws:RequestedRegion': AWAY } },
      }),
    });
    const user = await kms.as('arn:aws:iam::000000000000:user/ops');
    const command = new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: AWAY });
    await expect(user.send(command)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`on resource: ${arn.replace(HOME, AWAY)} with an explicit deny`),
    });
    expect((await see(home))?.MultiRegionConfiguration?.MultiRegionKeyType).toBe('PRIMARY');
  });

  test('wants a replica there, and to be asked of the primary key', async () => {
    const { id, home, away, replicate } = await world();
    const move = (client: KMSClient, PrimaryRegion: string) =>
      client.send(new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion }));
    await expect(move(home, AWAY)).rejects.toMatchObject({ name: 'NotFoundException' });
    await replicate();
    await expect(move(away, HOME)).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    await away.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    await expect(move(home, AWAY)).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
  });
});

test('replication is recorded in both Regions', async () => {
  const { id, recorded, replicate } = await world();
  await replicate({ Tags: [{ TagKey: 'a', TagValue: 'b' }] });
  const [replicated, created] = recorded.slice(-2);
  expect(replicated).toMatchObject({
    eventName: 'ReplicateKey',
    awsRegion: HOME,
    requestParameters: { keyId: id, replicaRegion: AWAY, bypassPolicyLockoutSafetyCheck: false },
    responseElements: {
      replicaKeyMetadata: { keyId: id, multiRegion: true, keyState: 'Enabled' },
      replicaTags: [{ tagKey: 'a', tagValue: 'b' }],
    },
    resources: [{ ARN: `arn:aws:kms:${HOME}:000000000000:key/${id}` }],
  });
  expect(created).toMatchObject({
    eventName: 'CreateKey',
    awsRegion: AWAY,
    userAgent: 'AWS Internal',
    responseElements: { keyMetadata: { keyId: id } },
    resources: [{ ARN: `arn:aws:kms:${AWAY}:000000000000:key/${id}` }],
  });
  expect(created?.eventID).not.toBe(replicated?.eventID);
});
