import {
  ConnectCustomKeyStoreCommand,
  CreateCustomKeyStoreCommand,
  DeleteCustomKeyStoreCommand,
  DescribeCustomKeyStoresCommand,
  DisconnectCustomKeyStoreCommand,
  UpdateCustomKeyStoreCommand,
} from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { newAuthority } from '../../cloudhsm/certificate-authority.ts';
import { SUBNETS } from '../../cloudhsm/cloudhsm-of.ts';
import { identityPolicy, localKms } from '../local-kms.ts';
import { PASSWORD } from './key-store-in.ts';
import { keyStoreServer } from './key-store-server.ts';

test('a custom key store is made of a cluster, connected, disconnected and deleted', async () => {
  const server = await keyStoreServer();
  const id = await server.create();
  expect(id).toMatch(/^cks-[0-9a-f]{17}$/);
  expect(await server.described(id)).toEqual({
    CustomKeyStoreId: id,
    CustomKeyStoreName: 'store',
    CloudHsmClusterId: server.clusterId,
    TrustAnchorCertificate: server.trustAnchor,
    ConnectionState: 'DISCONNECTED',
    CreationDate: expect.any(Date),
    CustomKeyStoreType: 'AWS_CLOUDHSM',
  });
  expect(await server.create()).toBe(id);
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'CONNECTED' });
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'CONNECTED' });
  const remove = () => server.root.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: id }));
  await expect(remove()).rejects.toMatchObject({ name: 'CustomKeyStoreInvalidStateException' });
  expect(await server.disconnect(id)).toMatchObject({ ConnectionState: 'DISCONNECTED' });
  await remove();
  await expect(server.described(id)).rejects.toMatchObject({
    name: 'CustomKeyStoreNotFoundException',
    message: `The custom key store ${id} does not exist.`,
  });
  expect(await server.create()).not.toBe(id);
});

test('connecting and disconnecting take as long as a test says', async () => {
  const server = await keyStoreServer();
  await server.post('/_local/durations', {
    ConnectCustomKeyStore: 600_000,
    DisconnectCustomKeyStore: 60_000,
  });
  const id = await server.create();
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'CONNECTING' });
  server.clock.advance('PT9M');
  expect(await server.described(id)).toMatchObject({ ConnectionState: 'CONNECTING' });
  server.clock.advance('PT1M');
  expect(await server.described(id)).toMatchObject({ ConnectionState: 'CONNECTED' });
  expect(await server.disconnect(id)).toMatchObject({ ConnectionState: 'DISCONNECTING' });
  await expect(server.connect(id)).rejects.toMatchObject({ name: 'CustomKeyStoreInvalidStateException' });
  await expect(server.disconnect(id)).rejects.toMatchObject({ name: 'CustomKeyStoreInvalidStateException' });
  server.clock.advance('PT1M');
  expect(await server.described(id)).toMatchObject({ ConnectionState: 'DISCONNECTED' });
  await expect(server.disconnect(id)).rejects.toMatchObject({ name: 'CustomKeyStoreInvalidStateException' });
});

test('AWS KMS changes the password of kmsuser each time that it connects', async () => {
  const server = await keyStoreServer();
  const id = await server.connected();
  const user = { username: 'kmsuser', role: 'crypto-user', locked: false };
  expect(await server.send('GET', `/_local/cloudhsm/users?clusterId=${server.clusterId}`)).toMatchObject({
    body: { users: [{ username: 'admin' }, { ...user, loggedIn: true }] },
  });
  await server.disconnect(id);
  const login = { username: 'kmsuser', password: PASSWORD };
  expect(await server.cli('POST', 'users/login', login)).toEqual({ ...user, loggedIn: false });
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'CONNECTED' });
});

test.each<[string, (server: Awaited<ReturnType<typeof keyStoreServer>>) => Promise<unknown>]>([
  [
    'INVALID_CREDENTIALS',
    (server) => server.cli('POST', 'users/change-password', { username: 'kmsuser', password: 'another1' }),
  ],
  ['USER_NOT_FOUND', (server) => server.cli('DELETE', 'users', { username: 'kmsuser' })],
  [
    'USER_LOCKED_OUT',
    async (server) => {
      const wrong = { username: 'kmsuser', password: 'wrong password' };
      for (let count = 0; count < 5; count += 1) await server.cli('POST', 'users/login', wrong);
    },
  ],
  [
    'USER_LOGGED_IN',
    (server) => server.cli('POST', 'users/login', { username: 'kmsuser', password: PASSWORD }),
  ],
  ['NETWORK_ERRORS', (server) => server.cli('POST', 'network', { unreachable: true })],
  [
    'SUBNET_NOT_FOUND',
    (server) => server.send('DELETE', '/_local/cloudhsm/subnets', { subnetId: SUBNETS[2] }),
  ],
  [
    'INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET',
    (server) =>
      server.post('/_local/cloudhsm/subnets', {
        subnetId: SUBNETS[2],
        vpcId: 'vpc-11111111',
        availabilityZone: 'us-east-1c',
        freeAddresses: 0,
      }),
  ],
  [
    'CLUSTER_NOT_FOUND',
    async (server) => {
      await server.deleteHsms();
      await server.done('DeleteCluster', { ClusterId: server.clusterId });
      server.clock.advance('PT1M');
    },
  ],
])('a connection fails with %s', async (code, spoil) => {
  const server = await keyStoreServer();
  const id = await server.create();
  await spoil(server);
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'FAILED', ConnectionErrorCode: code });
  await expect(server.connect(id)).rejects.toMatchObject({
    name: 'CustomKeyStoreInvalidStateException',
    message: `The custom key store ${id} is FAILED: it must be DISCONNECTED first.`,
  });
  const disconnected = await server.disconnect(id);
  expect(disconnected.ConnectionState).toBe('DISCONNECTED');
  expect(disconnected.ConnectionErrorCode).toBeUndefined();
});

test('the HSMs may go while the store is being connected', async () => {
  const server = await keyStoreServer();
  await server.post('/_local/durations', { ConnectCustomKeyStore: 600_000 });
  const id = await server.create();
  await server.connect(id);
  await server.deleteHsms();
  server.clock.advance('PT10M');
  expect(await server.described(id)).toMatchObject({
    ConnectionState: 'FAILED',
    ConnectionErrorCode: 'INSUFFICIENT_CLOUDHSM_HSMS',
  });
});

test('a wrong password is mended in the store, one that locks kmsuser out in the cluster as well', async () => {
  const server = await keyStoreServer();
  const id = await server.create({ KeyStorePassword: 'notThePassword' });
  for (let count = 0; count < 5; count += 1) {
    expect(await server.connect(id)).toMatchObject({ ConnectionErrorCode: 'INVALID_CREDENTIALS' });
    await server.disconnect(id);
  }
  expect(await server.connect(id)).toMatchObject({ ConnectionErrorCode: 'USER_LOCKED_OUT' });
  await server.disconnect(id);
  await server.cli('POST', 'users/change-password', { username: 'kmsuser', password: 'another1' });
  await server.root.send(
    new UpdateCustomKeyStoreCommand({ CustomKeyStoreId: id, KeyStorePassword: 'another1' }),
  );
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'CONNECTED' });
});

test.each<[string, string, (server: Awaited<ReturnType<typeof keyStoreServer>>) => Promise<unknown>]>([
  ['no HSM', 'CloudHsmClusterInvalidConfigurationException', (server) => server.deleteHsms()],
  [
    'mutual TLS',
    'CloudHsmClusterInvalidConfigurationException',
    (server) => server.cli('POST', 'mtls', { enforced: true }),
  ],
  [
    'closed ports',
    'CloudHsmClusterInvalidConfigurationException',
    (server) => server.cli('POST', 'network', { portsOpen: false }),
  ],
  [
    'another state',
    'CloudHsmClusterNotActiveException',
    async (server) => {
      await server.deleteHsms();
      await server.done('DeleteCluster', { ClusterId: server.clusterId });
    },
  ],
])('a cluster with %s is not connected to, and the store stays disconnected', async (_, name, spoil) => {
  const server = await keyStoreServer();
  const id = await server.create();
  await spoil(server);
  const connect = server.root.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId: id }));
  await expect(connect).rejects.toMatchObject({ name });
  expect(await server.described(id)).toMatchObject({ ConnectionState: 'DISCONNECTED' });
});

test('no custom key store is made of an unfit cluster, or with a wrong certificate', async () => {
  const server = await keyStoreServer();
  const refusal = async (input: Parameters<typeof server.create>[0]) =>
    await server.create(input).then(
      () => 'created',
      (error: Error) => error.name,
    );
  expect(await refusal({ CloudHsmClusterId: 'cluster-aaaaaaaaaaa' })).toBe(
    'CloudHsmClusterNotFoundException',
  );
  const { id: unclaimed } = await server.unclaimedCluster();
  expect(await refusal({ CloudHsmClusterId: unclaimed })).toBe('CloudHsmClusterNotActiveException');
  const { certificate } = await newAuthority();
  expect(await refusal({ TrustAnchorCertificate: certificate })).toBe('IncorrectTrustAnchorException');
  expect(await refusal({ TrustAnchorCertificate: 'no certificate' })).toBe('IncorrectTrustAnchorException');
  await server.cli('POST', 'mtls', { enforced: true });
  expect(await refusal({})).toBe('CloudHsmClusterInvalidConfigurationException');
  await server.cli('POST', 'mtls', { enforced: false });
  await server.deleteHsms(1);
  expect(await refusal({})).toBe('CloudHsmClusterInvalidConfigurationException');
  const { id: oneZone, authority } = await server.activeCluster(1, { SubnetIds: SUBNETS.slice(0, 1) });
  await expect(
    server.create({ CloudHsmClusterId: oneZone, TrustAnchorCertificate: authority.certificate }),
  ).rejects.toMatchObject({
    name: 'CloudHsmClusterInvalidConfigurationException',
    message: expect.stringContaining('private subnets in at least two Availability Zones'),
  });
});

test('a trust anchor is the same however its certificate is written down', async () => {
  const server = await keyStoreServer();
  const TrustAnchorCertificate = `from a file\r\n${server.trustAnchor.replaceAll('\n', '\r\n')}\r\n`;
  expect(await server.create({ TrustAnchorCertificate })).toMatch(/^cks-/);
});

test('a cluster, and what comes from its backups, is for one custom key store', async () => {
  const server = await keyStoreServer();
  const id = await server.create();
  await expect(server.create({ CustomKeyStoreName: 'another' })).rejects.toMatchObject({
    name: 'CloudHsmClusterInUseException',
  });
  await expect(server.create({ KeyStorePassword: 'another1' })).rejects.toMatchObject({
    name: 'CustomKeyStoreNameInUseException',
  });
  const clone = await restored(server);
  await expect(
    server.create({ CustomKeyStoreName: 'another', CloudHsmClusterId: clone }),
  ).rejects.toMatchObject({ name: 'CloudHsmClusterInUseException' });

  const move = (CloudHsmClusterId: string) =>
    server.root.send(new UpdateCustomKeyStoreCommand({ CustomKeyStoreId: id, CloudHsmClusterId }));
  const { id: unrelated } = await server.activeCluster(2);
  await expect(move(unrelated)).rejects.toMatchObject({ name: 'CloudHsmClusterNotRelatedException' });
  await expect(move('cluster-aaaaaaaaaaa')).rejects.toMatchObject({
    name: 'CloudHsmClusterNotFoundException',
  });
  await move(clone);
  expect(await server.connect(id)).toMatchObject({ ConnectionState: 'CONNECTED', CloudHsmClusterId: clone });
});

test('a connected store takes a new name, and nothing else', async () => {
  const server = await keyStoreServer();
  const id = await server.connected();
  const update = (input: object) =>
    server.root.send(new UpdateCustomKeyStoreCommand({ CustomKeyStoreId: id, ...input }));
  await update({ NewCustomKeyStoreName: 'renamed' });
  expect(await server.described(id)).toMatchObject({ CustomKeyStoreName: 'renamed' });
  await expect(
    update({ NewCustomKeyStoreName: 'again', KeyStorePassword: 'another1' }),
  ).rejects.toMatchObject({
    name: 'CustomKeyStoreInvalidStateException',
  });
  await expect(update({})).rejects.toMatchObject({ name: 'ValidationException' });
});

test('custom key stores are described by name, in pages, and are of one account', async () => {
  const server = await keyStoreServer();
  const id = await server.create();
  const describe = (input: object) => server.root.send(new DescribeCustomKeyStoresCommand(input));
  expect(await describe({ CustomKeyStoreName: 'store' })).toMatchObject({
    CustomKeyStores: [{ CustomKeyStoreId: id }],
    Truncated: false,
  });
  await expect(describe({ CustomKeyStoreName: 'other' })).rejects.toMatchObject({
    name: 'CustomKeyStoreNotFoundException',
  });
  await expect(describe({ CustomKeyStoreName: 'store', CustomKeyStoreId: id })).rejects.toMatchObject({
    name: 'ValidationException',
  });
  const stranger = await server.as('arn:aws:iam::111122223333:root');
  expect(await stranger.send(new DescribeCustomKeyStoresCommand({}))).toMatchObject({ CustomKeyStores: [] });
  await expect(
    stranger.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId: id })),
  ).rejects.toMatchObject({ name: 'CustomKeyStoreNotFoundException' });
});

test('what an AWS CloudHSM key store needs must be given, and is all that it takes', async () => {
  const { root } = await localKms();
  const create = (input: object) =>
    root.send(new CreateCustomKeyStoreCommand({ CustomKeyStoreName: 'store', ...input }));
  await expect(create({})).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(create({ XksProxyConnectivity: 'PUBLIC_ENDPOINT' })).rejects.toMatchObject({
    name: 'ValidationException',
    message: 'XksProxyConnectivity is for external key stores only.',
  });
});

test('the policies of the caller decide, and CloudTrail records the calls', async () => {
  const server = await keyStoreServer();
  const operator = await server.as('arn:aws:iam::000000000000:user/operator', [
    identityPolicy({ Effect: 'Allow', Action: 'kms:DescribeCustomKeyStores', Resource: '*' }),
  ]);
  const id = await server.connected();
  const record = (name: string) => server.recorded.findLast(({ eventName }) => eventName === name);
  expect(record('CreateCustomKeyStore')).toMatchObject({
    requestParameters: { customKeyStoreName: 'store', clusterId: server.clusterId },
    responseElements: { customKeyStoreId: id },
    readOnly: false,
  });
  expect(JSON.stringify(record('CreateCustomKeyStore'))).not.toContain(PASSWORD);
  expect(record('ConnectCustomKeyStore')).toMatchObject({
    requestParameters: { customKeyStoreId: id },
    responseElements: null,
    additionalEventData: { customKeyStoreName: 'store', clusterId: server.clusterId },
    readOnly: false,
  });
  await operator.send(new DescribeCustomKeyStoresCommand({}));
  await expect(
    operator.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId: id })),
  ).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

async function restored(server: Awaited<ReturnType<typeof keyStoreServer>>): Promise<string> {
  server.clock.advance('P1D');
  const { BackupId } = await server.newestBackup();
  const creation = { HsmType: 'hsm2m.medium', SubnetIds: SUBNETS, SourceBackupId: BackupId };
  const { Cluster } = Object(await server.done('CreateCluster', creation));
  server.clock.advance('PT1M');
  for (const zone of ['us-east-1a', 'us-east-1b']) {
    await server.done('CreateHsm', { ClusterId: Cluster.ClusterId, AvailabilityZone: zone });
  }
  server.clock.advance('PT5M');
  return Cluster.ClusterId;
}
