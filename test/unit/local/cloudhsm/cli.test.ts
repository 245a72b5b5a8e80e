import { expect, test } from 'vitest';
import { localCloudHsm } from './local-cloudhsm.ts';

const USERS = '/_local/cloudhsm/users';

test('users come, log in and out, are locked out by wrong passwords, and let in again by a new one', async () => {
  const cloudHsm = await localCloudHsm();
  const { id: clusterId } = await cloudHsm.activeCluster(1);
  const named = { clusterId, username: 'kmsuser' };
  const creation = { ...named, role: 'crypto-user', password: 'password1' };
  const shown = { username: 'kmsuser', role: 'crypto-user', locked: false, loggedIn: false };
  const post = async (path: string, body: object) =>
    (await cloudHsm.send('POST', `${USERS}${path}`, body)).body;
  expect(await post('', creation)).toEqual(shown);
  expect(await post('', creation)).toEqual({ code: 'InvalidRequest', message: 'There is a user kmsuser.' });
  const login = (password: string) => post('/login', { ...named, password });
  expect(await login('password1')).toEqual({ ...shown, loggedIn: true });
  expect(await post('/logout', named)).toEqual(shown);
  for (let count = 1; count < 5; count += 1) expect(await login('wrong password')).toEqual(shown);
  expect(await login('wrong password')).toEqual({ ...shown, locked: true });
  expect(await login('password1')).toEqual({ ...shown, locked: true });
  expect(await post('/change-password', { ...named, password: 'password2' })).toEqual(shown);
  expect(await login('password2')).toEqual({ ...shown, loggedIn: true });
  expect(await cloudHsm.send('DELETE', USERS, named)).toEqual({ status: 200, body: {} });
  expect(await login('password2')).toMatchObject({ message: `Cluster ${clusterId} has no user kmsuser.` });
});

test('nothing can be done in a cluster without an active HSM, or before its activation', async () => {
  const cloudHsm = await localCloudHsm();
  const { id: clusterId } = await cloudHsm.unclaimedCluster();
  const password = 'password1';
  const refusal = async (path: string, body: object) =>
    (await cloudHsm.send('POST', `/_local/cloudhsm/${path}`, { clusterId, ...body })).body;
  expect(await refusal('activate', { password })).toMatchObject({
    message: `Cluster ${clusterId} is UNINITIALIZED: an INITIALIZED cluster can be activated.`,
  });
  expect(await refusal('users', { password, username: 'kmsuser', role: 'crypto-user' })).toMatchObject({
    message: `Cluster ${clusterId} is UNINITIALIZED: activate it first.`,
  });
  const [hsm] = (await cloudHsm.cluster(clusterId)).Hsms;
  await cloudHsm.done('DeleteHsm', { ClusterId: clusterId, HsmId: hsm?.HsmId });
  expect(await refusal('mtls', { enforced: true })).toMatchObject({
    message: `Cluster ${clusterId} has no active HSM.`,
  });
});

test('what CloudHSM does takes as long as a test says', async () => {
  const cloudHsm = await localCloudHsm();
  const set = (body: object) => cloudHsm.send('POST', '/_local/cloudhsm/durations', body);
  expect(await set({ clusterCreation: 'PT3H' })).toMatchObject({
    status: 200,
    body: { clusterCreation: 10_800_000, hsmCreation: 300_000 },
  });
  expect((await set({ clusterCreation: '3 hours' })).status).toBe(400);
  const creation = { HsmType: 'hsm2m.medium', SubnetIds: ['subnet-0a0000000000000a1'] };
  const { Cluster } = Object(await cloudHsm.done('CreateCluster', creation));
  cloudHsm.clock.advance('PT2H59M');
  expect((await cloudHsm.cluster(Cluster.ClusterId)).State).toBe('CREATE_IN_PROGRESS');
  cloudHsm.clock.advance('PT1M');
  expect((await cloudHsm.cluster(Cluster.ClusterId)).State).toBe('UNINITIALIZED');
});
