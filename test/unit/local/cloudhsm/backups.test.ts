import { expect, test } from 'vitest';
import { SUBNETS } from './cloudhsm-of.ts';
import { localCloudHsm } from './local-cloudhsm.ts';

const RESTORATION = { HsmType: 'hsm2m.medium', SubnetIds: SUBNETS };
const OTHER_ACCOUNT = '111122223333';

test('backups are made at activation, with each HSM that comes or goes, and daily', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.activeCluster(1);
  expect(await cloudHsm.backups()).toMatchObject([
    { ClusterId: id, BackupState: 'READY', NeverExpires: false, HsmType: 'hsm2m.medium', Mode: 'FIPS' },
  ]);
  await cloudHsm.done('CreateHsm', { ClusterId: id, AvailabilityZone: 'us-east-1b' });
  cloudHsm.clock.advance('PT5M');
  expect((await cloudHsm.backups()).map(({ BackupState }) => BackupState)).toEqual([
    'CREATE_IN_PROGRESS',
    'READY',
  ]);
  cloudHsm.clock.advance('P3D');
  expect(await cloudHsm.backups()).toHaveLength(5);
  const [hsm, other] = (await cloudHsm.cluster(id)).Hsms;
  await cloudHsm.done('DeleteHsm', { ClusterId: id, HsmId: hsm?.HsmId });
  await cloudHsm.done('DeleteHsm', { ClusterId: id, HsmId: other?.HsmId });
  expect(await cloudHsm.backups()).toHaveLength(7);
  cloudHsm.clock.advance('P3D');
  expect(await cloudHsm.backups()).toHaveLength(7);
});

test('the retention policy deletes a backup, and a week later it is gone; the last one stays', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.activeCluster(1, { BackupRetentionPolicy: { Type: 'DAYS', Value: '7' } });
  cloudHsm.clock.advance('P1D');
  const [newer, older] = await cloudHsm.backups();
  await cloudHsm.done('ModifyBackupAttributes', { BackupId: older?.BackupId, NeverExpires: true });
  cloudHsm.clock.advance('P10D');
  const states = async (BackupId = '') =>
    (await cloudHsm.backups({ Filters: { backupIds: [BackupId] } })).map(({ BackupState }) => BackupState);
  expect(await states(older?.BackupId)).toEqual(['READY']);
  expect(await states(newer?.BackupId)).toEqual(['PENDING_DELETION']);
  cloudHsm.clock.advance('P7D');
  expect(await states(newer?.BackupId)).toEqual([]);

  await cloudHsm.done('ModifyBackupAttributes', { BackupId: older?.BackupId, NeverExpires: false });
  const [hsm] = (await cloudHsm.cluster(id)).Hsms;
  await cloudHsm.done('DeleteHsm', { ClusterId: id, HsmId: hsm?.HsmId });
  cloudHsm.clock.advance('P30D');
  const left = await cloudHsm.backups();
  expect(left).toMatchObject([{ BackupState: 'READY' }]);
  cloudHsm.clock.advance('P365D');
  expect(await cloudHsm.backups()).toEqual(left);

  const events = cloudHsm.recorded.filter(
    ({ serviceEventDetails }) => serviceEventDetails?.backupId === newer?.BackupId,
  );
  expect(events).toMatchObject([
    { eventName: 'DeleteBackup', eventType: 'AwsServiceEvent', eventSource: 'cloudhsm.amazonaws.com' },
    { eventName: 'BackupDeletedPermanently', serviceEventDetails: { clusterId: id } },
  ]);
  const [deleted, gone] = events.map(({ eventTime }) => Date.parse(eventTime));
  const made = Math.floor(Number(newer?.CreateTimestamp)) * 1000;
  expect([deleted, gone]).toEqual([made + 7 * 86_400_000, made + 14 * 86_400_000]);
});

test('a longer retention counts for the backups that there are', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.activeCluster(1, { BackupRetentionPolicy: { Type: 'DAYS', Value: '7' } });
  expect(
    await cloudHsm.done('ModifyCluster', {
      ClusterId: id,
      BackupRetentionPolicy: { Type: 'DAYS', Value: '30' },
    }),
  ).toMatchObject({
    Cluster: { BackupRetentionPolicy: { Type: 'DAYS', Value: '30' } },
  });
  cloudHsm.clock.advance('P29D');
  expect(await cloudHsm.backups({ Filters: { states: ['PENDING_DELETION'] } })).toEqual([]);
  cloudHsm.clock.advance('P2D');
  expect(await cloudHsm.backups({ Filters: { states: ['PENDING_DELETION'] } })).toHaveLength(2);
});

test('a deleted backup can be restored for seven days', async () => {
  const cloudHsm = await localCloudHsm();
  await cloudHsm.activeCluster(1);
  const { BackupId } = await cloudHsm.newestBackup();
  expect(await cloudHsm.call('RestoreBackup', { BackupId })).toMatchObject({
    body: { message: `Backup '${BackupId}' is in the READY state: it must be PENDING_DELETION.` },
  });
  const now = cloudHsm.clock.now().getTime() / 1000;
  const { Backup } = Object(await cloudHsm.done('DeleteBackup', { BackupId }));
  expect(Backup.BackupState).toBe('PENDING_DELETION');
  expect(Backup.DeleteTimestamp - now).toBeCloseTo(7 * 86_400, -1);
  expect(await cloudHsm.call('DeleteBackup', { BackupId })).toMatchObject({ status: 400 });
  cloudHsm.clock.advance('P6D');
  expect(await cloudHsm.done('RestoreBackup', { BackupId })).toMatchObject({
    Backup: { BackupState: 'READY' },
  });
  cloudHsm.clock.advance('P2D');
  await cloudHsm.done('DeleteBackup', { BackupId });
  cloudHsm.clock.advance('P7D');
  expect(await cloudHsm.call('RestoreBackup', { BackupId })).toMatchObject({
    body: { __type: 'CloudHsmResourceNotFoundException', message: `Backup '${BackupId}' does not exist.` },
  });
});

test('backups are listed by what they are, in either order, in pages', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.activeCluster(1);
  cloudHsm.clock.advance('P3D');
  const newestFirst = await cloudHsm.backups();
  expect(newestFirst).toHaveLength(4);
  expect(await cloudHsm.backups({ SortAscending: true })).toEqual(newestFirst.toReversed());
  const page = await cloudHsm.done('DescribeBackups', { MaxResults: 3 });
  expect(page).toEqual({ Backups: newestFirst.slice(0, 3), NextToken: expect.any(String) });
  expect(
    await cloudHsm.done('DescribeBackups', { MaxResults: 3, NextToken: Object(page).NextToken }),
  ).toEqual({
    Backups: newestFirst.slice(3),
  });
  await cloudHsm.done('ModifyBackupAttributes', { BackupId: newestFirst[1]?.BackupId, NeverExpires: true });
  const filtered = (Filters: object) => cloudHsm.backups({ Filters });
  expect(await filtered({ neverExpires: ['true'] })).toMatchObject([{ BackupId: newestFirst[1]?.BackupId }]);
  expect(await filtered({ clusterIds: [id], states: ['READY'] })).toHaveLength(4);
  expect(await filtered({ clusterIds: ['cluster-aaaaaaaaaaa'] })).toEqual([]);
  expect(await cloudHsm.call('DescribeBackups', { MaxResults: 51 })).toMatchObject({ status: 400 });
});

test('a copy in another Region has no retention policy and restores there', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.activeCluster(1, { BackupRetentionPolicy: { Type: 'DAYS', Value: '7' } });
  const [source] = await cloudHsm.backups();
  const there = { region: 'eu-west-1' };
  const copy = { BackupId: source?.BackupId, DestinationRegion: 'eu-west-1' };
  expect(
    await cloudHsm.call('CopyBackupToRegion', { ...copy, DestinationRegion: 'us-east-1' }),
  ).toMatchObject({
    status: 400,
  });
  expect(await cloudHsm.done('CopyBackupToRegion', copy)).toEqual({
    DestinationBackup: {
      CreateTimestamp: source?.CreateTimestamp,
      SourceRegion: 'us-east-1',
      SourceBackup: source?.BackupId,
      SourceCluster: id,
    },
  });
  cloudHsm.clock.advance('PT10M');
  const Filters = { sourceBackupIds: [source?.BackupId] };
  const [copied] = await cloudHsm.backups({ Filters }, there);
  expect(copied).toMatchObject({
    BackupState: 'READY',
    CreateTimestamp: source?.CreateTimestamp,
    CopyTimestamp: expect.any(Number),
    SourceRegion: 'us-east-1',
    SourceBackup: source?.BackupId,
    SourceCluster: id,
    BackupArn: expect.stringContaining(':eu-west-1:'),
  });
  cloudHsm.clock.advance('P60D');
  expect(await cloudHsm.backups({}, there)).toMatchObject([{ BackupState: 'READY' }]);
  const restored = { ...RESTORATION, SourceBackupId: copied?.BackupId };
  expect(await cloudHsm.call('CreateCluster', restored)).toMatchObject({
    body: { __type: 'CloudHsmResourceNotFoundException' },
  });
  expect(await cloudHsm.call('CreateCluster', restored, there)).toMatchObject({ status: 200 });
});

test('a cluster from a backup is active, with its users and certificate, once it has an HSM', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.activeCluster(1);
  const user = { clusterId: id, username: 'kmsuser', role: 'crypto-user', password: 'password1' };
  await cloudHsm.send('POST', '/_local/cloudhsm/users', user);
  cloudHsm.clock.advance('P1D');
  const [backup] = await cloudHsm.backups();
  const refused = await cloudHsm.call('CreateCluster', {
    ...RESTORATION,
    SourceBackupId: backup?.BackupId,
    Mode: 'NON_FIPS',
  });
  expect(refused).toMatchObject({ body: { message: expect.stringContaining('FIPS mode') } });
  const { Cluster } = Object(
    await cloudHsm.done('CreateCluster', { ...RESTORATION, SourceBackupId: backup?.BackupId }),
  );
  expect(Cluster).toMatchObject({ State: 'CREATE_IN_PROGRESS', SourceBackupId: backup?.BackupId });
  cloudHsm.clock.advance('PT1M');
  const restored: string = Cluster.ClusterId;
  const { Certificates } = await cloudHsm.cluster(id);
  expect(await cloudHsm.cluster(restored)).toMatchObject({ State: 'ACTIVE', Certificates });
  const users = () => cloudHsm.send('GET', `/_local/cloudhsm/users?clusterId=${restored}`);
  expect((await users()).status).toBe(400);
  await cloudHsm.done('CreateHsm', { ClusterId: restored, AvailabilityZone: 'us-east-1a' });
  cloudHsm.clock.advance('PT5M');
  expect((await users()).body).toEqual({
    users: [
      { username: 'admin', role: 'admin', locked: false, loggedIn: false },
      { username: 'kmsuser', role: 'crypto-user', locked: false, loggedIn: false },
    ],
  });
});

test('a backup is shared with another account by its policy', async () => {
  const cloudHsm = await localCloudHsm();
  await cloudHsm.activeCluster(1);
  const { BackupId, BackupArn } = await cloudHsm.newestBackup();
  await cloudHsm.as(`arn:aws:iam::${OTHER_ACCOUNT}:root`);
  const other = { accessKeyId: 'AKIAREGISTERED1' };
  const restore = (SourceBackupId: string) =>
    cloudHsm.call('CreateCluster', { ...RESTORATION, SourceBackupId }, other);
  expect(await restore(BackupArn)).toMatchObject({ body: { __type: 'CloudHsmAccessDeniedException' } });
  const policy = (Action: string, Resource: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: OTHER_ACCOUNT }, Action, Resource }],
    });
  const put = (Policy: string) => cloudHsm.call('PutResourcePolicy', { ResourceArn: BackupArn, Policy });
  expect(await put('{}')).toMatchObject({ body: { __type: 'CloudHsmInvalidRequestException' } });
  expect(await put(policy('cloudhsm:DeleteBackup', BackupArn))).toMatchObject({ status: 400 });
  expect(await put(policy('cloudhsm:CreateCluster', '*'))).toMatchObject({ status: 400 });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: OTHER_ACCOUNT },
        Action: ['cloudhsm:CreateCluster', 'cloudhsm:DescribeBackups'],
        Resource: BackupArn,
      },
    ],
  });
  expect(await put(Policy)).toEqual({ status: 200, body: { ResourceArn: BackupArn, Policy } });
  const resource = { ResourceArn: BackupArn };
  expect(await cloudHsm.done('GetResourcePolicy', resource)).toEqual({ Policy });
  expect(await restore(BackupId)).toMatchObject({ body: { __type: 'CloudHsmResourceNotFoundException' } });
  expect(await restore(BackupArn)).toMatchObject({ status: 200 });

  const shared = () => cloudHsm.backups({ Shared: true }, other);
  expect(await shared()).toEqual([]);
  await cloudHsm.send('POST', '/_local/cloudhsm/promote-share', { backupArn: BackupArn });
  expect(await shared()).toMatchObject([{ BackupArn }]);
  expect(await cloudHsm.done('DeleteResourcePolicy', resource)).toEqual({ ResourceArn: BackupArn, Policy });
  expect(await shared()).toEqual([]);
  expect(await restore(BackupArn)).toMatchObject({ body: { __type: 'CloudHsmAccessDeniedException' } });
  expect(await cloudHsm.call('GetResourcePolicy', resource)).toMatchObject({ status: 400 });
});
