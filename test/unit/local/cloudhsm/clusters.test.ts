import { expect, test } from 'vitest';
import { identityPolicy, ROOT } from '../kms/local-kms.ts';
import { hasOpenssl, openssl } from '../kms/openssl.ts';
import { newAuthority } from './certificate-authority.ts';
import { SUBNETS } from './cloudhsm-of.ts';
import { localCloudHsm } from './local-cloudhsm.ts';

const CREATION = { HsmType: 'hsm2m.medium', SubnetIds: SUBNETS.slice(0, 2) };

test('a cluster goes from its creation to being active as the clock goes', async () => {
  const cloudHsm = await localCloudHsm();
  expect(
    await cloudHsm.call('CreateCluster', { ...CREATION, TagList: [{ Key: 'team', Value: 'keys' }] }),
  ).toEqual({
    status: 200,
    body: {
      Cluster: {
        BackupPolicy: 'DEFAULT',
        BackupRetentionPolicy: { Type: 'DAYS', Value: '90' },
        Certificates: {},
        ClusterId: expect.stringMatching(/^cluster-[a-z2-7]{11}$/),
        CreateTimestamp: expect.any(Number),
        Hsms: [],
        HsmType: 'hsm2m.medium',
        Mode: 'FIPS',
        NetworkType: 'IPV4',
        SecurityGroup: expect.stringMatching(/^sg-[0-9a-f]{17}$/),
        State: 'CREATE_IN_PROGRESS',
        SubnetMapping: { 'us-east-1a': SUBNETS[0], 'us-east-1b': SUBNETS[1] },
        TagList: [{ Key: 'team', Value: 'keys' }],
        VpcId: expect.stringMatching(/^vpc-[0-9a-f]{17}$/),
      },
    },
  });
  const [{ ClusterId: id = '' } = {}] = await clustersOf(cloudHsm);
  const early = await cloudHsm.call('CreateHsm', { ClusterId: id, AvailabilityZone: 'us-east-1a' });
  expect(early).toMatchObject({ status: 400, body: { __type: 'CloudHsmInvalidRequestException' } });
  cloudHsm.clock.advance('PT1M');
  expect(await cloudHsm.cluster(id)).toMatchObject({ State: 'UNINITIALIZED', Certificates: {} });

  const { Hsm: hsm } = await created(cloudHsm, { ClusterId: id, AvailabilityZone: 'us-east-1a' });
  expect(hsm).toMatchObject({
    State: 'CREATE_IN_PROGRESS',
    ClusterId: id,
    SubnetId: SUBNETS[0],
    HsmType: 'hsm2m.medium',
    EniIp: '10.0.0.4',
  });
  expect(await cloudHsm.call('CreateHsm', { ClusterId: id, AvailabilityZone: 'us-east-1b' })).toMatchObject({
    body: {
      __type: 'CloudHsmInvalidRequestException',
      message: `Cluster '${id}' already contains an HSM but has not yet been fully activated.`,
    },
  });
  expect((await cloudHsm.cluster(id)).Certificates.ClusterCsr).toBeUndefined();
  cloudHsm.clock.advance('PT5M');
  const { Certificates: shown } = await cloudHsm.cluster(id);
  const csr = shown.ClusterCsr ?? '';
  expect(csr).toContain('BEGIN CERTIFICATE REQUEST');

  const authority = await newAuthority();
  const claim = { ClusterId: id, SignedCert: await authority.sign(csr), TrustAnchor: authority.certificate };
  expect(await cloudHsm.done('InitializeCluster', claim)).toMatchObject({ State: 'INITIALIZE_IN_PROGRESS' });
  cloudHsm.clock.advance('PT2M');
  expect(await cloudHsm.cluster(id)).toMatchObject({
    State: 'INITIALIZED',
    Certificates: { ClusterCertificate: claim.SignedCert },
  });
  const activation = { clusterId: id, password: 'admin password' };
  expect(await cloudHsm.send('POST', '/_local/cloudhsm/activate', activation)).toEqual({
    status: 200,
    body: { clusterId: id, state: 'ACTIVE' },
  });
  await created(cloudHsm, { ClusterId: id, AvailabilityZone: 'us-east-1b' });
  cloudHsm.clock.advance('PT5M');
  const active = await cloudHsm.cluster(id);
  expect(active.State).toBe('ACTIVE');
  expect(active.Hsms.map(({ State }) => State)).toEqual(['ACTIVE', 'ACTIVE']);
});

test.runIf(hasOpenssl)('what a cluster shows before it is claimed stands up to OpenSSL', async () => {
  const cloudHsm = await localCloudHsm();
  const { id, csr } = await cloudHsm.unclaimedCluster();
  expect(() => openssl('req', '-verify', '-noout', '-in', Buffer.from(csr))).not.toThrow();
  const { Certificates: shown } = await cloudHsm.cluster(id);
  const { body: roots } = await cloudHsm.send('GET', '/_local/cloudhsm/roots');
  const pem = (of: unknown, name: string) =>
    Buffer.from(String(Object.entries(Object(of)).find(([key]) => key === name)?.[1]));
  const hsm = pem(shown, 'HsmCertificate');
  for (const [root, hardware] of [
    ['aws', 'AwsHardwareCertificate'],
    ['manufacturer', 'ManufacturerHardwareCertificate'],
  ] as const) {
    const chain = ['-CAfile', pem(roots, root), '-untrusted', pem(shown, hardware)] as const;
    expect(openssl('verify', ...chain, '-partial_chain', hsm).toString()).toContain('OK');
  }
  const keyOf = (kind: string, bytes: Buffer) => openssl(kind, '-noout', '-pubkey', '-in', bytes).toString();
  expect(keyOf('req', Buffer.from(csr))).toBe(keyOf('x509', hsm));

  const key = openssl('genrsa', '2048');
  const root = openssl('req', '-new', '-x509', '-days', '30', '-subj', '/CN=Ours', '-key', key);
  const signed = openssl('x509', '-req', '-days', '30', '-in', Buffer.from(csr), '-CA', root, '-CAkey', key);
  const claim = { ClusterId: id, SignedCert: signed.toString(), TrustAnchor: root.toString() };
  expect(await cloudHsm.call('InitializeCluster', claim)).toMatchObject({ status: 200 });
});

test('a cluster is claimed only with a certificate for its own key that the trust anchor vouches for', async () => {
  const cloudHsm = await localCloudHsm();
  const { id, csr } = await cloudHsm.unclaimedCluster();
  const { csr: ofAnother } = await cloudHsm.unclaimedCluster();
  const [ours, theirs] = [await newAuthority(), await newAuthority('CN=Customer Root')];
  const below = await ours.intermediate();
  const attempt = async (SignedCert: string, TrustAnchor: string) => {
    const { status, body } = await cloudHsm.call('InitializeCluster', {
      ClusterId: id,
      SignedCert,
      TrustAnchor,
    });
    return status === 200 ? 'claimed' : Object(body).message;
  };
  const signed = await ours.sign(csr);
  expect(await attempt(await ours.sign(ofAnother), ours.certificate)).toContain(
    'was not issued for the public key',
  );
  expect(await attempt(signed, theirs.certificate)).toContain('was not issued by the certificate authority');
  expect(await attempt(signed, signed)).toContain('was not issued by');
  const [onlyIntermediate = ''] = below.certificate.split('\n-----BEGIN');
  expect(await attempt(await below.sign(csr), onlyIntermediate)).toContain('self-signed');
  expect(await attempt('no certificate', ours.certificate)).toContain(
    'SignedCert must be a certificate in PEM',
  );
  expect(await attempt(await below.sign(csr), below.certificate)).toBe('claimed');
  expect(await attempt(signed, ours.certificate)).toContain('INITIALIZE_IN_PROGRESS');
});

test('a cluster is deleted once it has no HSM', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.unclaimedCluster();
  expect(await cloudHsm.call('DeleteCluster', { ClusterId: id })).toMatchObject({
    status: 400,
    body: { message: `Cluster '${id}' contains HSMs. Delete all of them before the cluster.` },
  });
  const [hsm] = (await cloudHsm.cluster(id)).Hsms;
  expect(await cloudHsm.done('DeleteHsm', { ClusterId: id, EniIp: hsm?.EniIp })).toEqual({
    HsmId: hsm?.HsmId,
  });
  expect((await cloudHsm.cluster(id)).Hsms).toMatchObject([{ State: 'DELETE_IN_PROGRESS' }]);
  cloudHsm.clock.advance('PT3M');
  expect((await cloudHsm.cluster(id)).Hsms).toEqual([]);
  expect(await cloudHsm.done('DeleteCluster', { ClusterId: id })).toMatchObject({
    Cluster: { State: 'DELETE_IN_PROGRESS' },
  });
  cloudHsm.clock.advance('PT1M');
  expect((await cloudHsm.cluster(id)).State).toBe('DELETED');
  expect(await cloudHsm.call('DeleteCluster', { ClusterId: id })).toMatchObject({
    body: { __type: 'CloudHsmResourceNotFoundException', message: `Cluster '${id}' does not exist.` },
  });
});

test.each([
  ['another HSM type', { HsmType: 'hsm9.large' }, "'hsm9.large' is not available"],
  ['a mode that the type does not have', { HsmType: 'hsm1.medium', Mode: 'NON_FIPS' }, 'FIPS mode only'],
  ['too short a retention', { BackupRetentionPolicy: { Type: 'DAYS', Value: '6' } }, 'between 7 and 379'],
  ['too long a retention', { BackupRetentionPolicy: { Type: 'DAYS', Value: '380' } }, 'between 7 and 379'],
  ['no subnets', { SubnetIds: [] }, "at 'subnetIds' failed to satisfy constraint"],
])('a cluster is not made with %s', async (_, input, message) => {
  const cloudHsm = await localCloudHsm();
  expect(await cloudHsm.call('CreateCluster', { ...CREATION, ...input })).toMatchObject({
    status: 400,
    body: { __type: 'CloudHsmInvalidRequestException', message: expect.stringContaining(message) },
  });
});

test('the subnets of a cluster are in one VPC and each in a zone of its own', async () => {
  const cloudHsm = await localCloudHsm();
  const declare = (subnetId: string, vpcId: string, availabilityZone: string) =>
    cloudHsm.send('POST', '/_local/cloudhsm/subnets', { subnetId, vpcId, availabilityZone });
  const [first = '', second = '', third = ''] = SUBNETS;
  await declare(first, 'vpc-11111111', 'us-east-1c');
  await declare(second, 'vpc-22222222', 'us-east-1d');
  await declare(third, 'vpc-11111111', 'us-east-1c');
  const refusal = async (...SubnetIds: string[]) =>
    (await cloudHsm.call('CreateCluster', { ...CREATION, SubnetIds })).body;
  expect(await refusal(first, second)).toMatchObject({ message: expect.stringContaining('same VPC') });
  expect(await refusal(first, third)).toMatchObject({ message: expect.stringContaining('one subnet') });
  expect(await refusal(first)).toMatchObject({
    Cluster: { VpcId: 'vpc-11111111', SubnetMapping: { 'us-east-1c': first } },
  });
});

test('there are so many clusters and HSMs as AWS allows', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.activeCluster(3);
  const create = () => cloudHsm.call('CreateHsm', { ClusterId: id, AvailabilityZone: 'us-east-1c' });
  for (let count = 3; count < 6; count += 1) expect(await create()).toMatchObject({ status: 200 });
  expect(await create()).toMatchObject({
    body: { message: expect.stringContaining('6 HSMs of an account') },
  });
  for (let count = 1; count < 4; count += 1) await cloudHsm.done('CreateCluster', CREATION);
  expect(await cloudHsm.call('CreateCluster', CREATION)).toMatchObject({
    body: { message: expect.stringContaining('limit of 4') },
  });
  expect(await cloudHsm.call('CreateCluster', CREATION, { region: 'eu-west-1' })).toMatchObject({
    status: 200,
  });
});

test('a cluster migrates to another HSM type, and back within a day', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.activeCluster(1, { HsmType: 'hsm1.medium' });
  const modify = (HsmType: string) => cloudHsm.call('ModifyCluster', { ClusterId: id, HsmType });
  expect(await modify('hsm2m.medium')).toMatchObject({
    body: { Cluster: { State: 'MODIFY_IN_PROGRESS', HsmTypeRollbackExpiration: expect.any(Number) } },
  });
  cloudHsm.clock.advance('PT30M');
  expect(await cloudHsm.cluster(id)).toMatchObject({
    State: 'ACTIVE',
    HsmType: 'hsm2m.medium',
    Hsms: [{ HsmType: 'hsm2m.medium' }],
  });
  expect(await modify('hsm1.medium')).toMatchObject({ body: { Cluster: { State: 'ROLLBACK_IN_PROGRESS' } } });
  cloudHsm.clock.advance('PT30M');
  expect(await cloudHsm.cluster(id)).toMatchObject({ State: 'ACTIVE', HsmType: 'hsm1.medium' });
  const events = cloudHsm.recorded.filter(({ eventType }) => eventType === 'AwsServiceEvent');
  expect(events.map(({ eventName }) => eventName)).toEqual([
    'MigrationStart',
    'MigrationEnd',
    'RollbackStart',
    'RollbackEnd',
  ]);
  await modify('hsm2m.medium');
  cloudHsm.clock.advance('P2D');
  expect(await modify('hsm1.medium')).toMatchObject({
    body: { message: expect.stringContaining('24 hours') },
  });
});

test('clusters are listed by their ids, VPCs and states, in pages, of one Region', async () => {
  const cloudHsm = await localCloudHsm();
  for (let count = 0; count < 3; count += 1) await cloudHsm.done('CreateCluster', CREATION);
  await cloudHsm.done('CreateCluster', CREATION, { region: 'eu-west-1' });
  const all = await clustersOf(cloudHsm);
  expect(all).toHaveLength(3);
  const list = async (input: object) => (await cloudHsm.call('DescribeClusters', input)).body;
  expect(await list({ Filters: { states: ['ACTIVE'] } })).toEqual({ Clusters: [] });
  expect(await list({ Filters: { vpcIds: [String(all[0]?.VpcId)] }, MaxResults: 2 })).toEqual({
    Clusters: all.slice(0, 2),
    NextToken: expect.any(String),
  });
  const { NextToken } = Object(await list({ MaxResults: 2 }));
  expect(await list({ MaxResults: 2, NextToken })).toEqual({ Clusters: all.slice(2) });
  expect(await list({ NextToken: 'x' })).toMatchObject({ __type: 'CloudHsmInvalidRequestException' });
  expect(await list({ Filters: { names: ['x'] } })).toMatchObject({
    message: 'There is no filter names. The filters are clusterIds, vpcIds, states.',
  });
});

test('clusters and backups have tags', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.activeCluster(1);
  const [backup] = await cloudHsm.backups();
  for (const ResourceId of [id, backup?.BackupId]) {
    await cloudHsm.done('TagResource', {
      ResourceId,
      TagList: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    await cloudHsm.done('UntagResource', { ResourceId, TagKeyList: ['a', 'c'] });
    expect(await cloudHsm.done('ListTags', { ResourceId })).toEqual({ TagList: [{ Key: 'b', Value: '2' }] });
  }
  expect((await cloudHsm.cluster(id)).TagList).toEqual([{ Key: 'b', Value: '2' }]);
  const tag = (...keys: string[]) =>
    cloudHsm.call('TagResource', { ResourceId: id, TagList: keys.map((Key) => ({ Key, Value: '' })) });
  expect(await tag('aws:x')).toMatchObject({ body: { __type: 'CloudHsmTagException' } });
  expect(await tag('x', 'x')).toMatchObject({ body: { __type: 'CloudHsmTagException' } });
  expect(await tag(...Array.from({ length: 50 }, (_unused, index) => `k${index}`))).toMatchObject({
    body: { __type: 'CloudHsmResourceLimitExceededException' },
  });
});

test('the policies of the caller decide, by action, resource and tags', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.unclaimedCluster({ TagList: [{ Key: 'team', Value: 'keys' }] });
  const other = await cloudHsm.unclaimedCluster();
  const arn = 'arn:aws:iam::000000000000:user/operator';
  await cloudHsm.as(arn, [
    identityPolicy(
      { Effect: 'Allow', Action: 'cloudhsm:Describe*', Resource: '*' },
      {
        Effect: 'Allow',
        Action: 'cloudhsm:CreateHsm',
        Resource: 'arn:aws:cloudhsm:us-east-1:000000000000:cluster/*',
        Condition: { StringEquals: { 'aws:ResourceTag/team': 'keys' } },
      },
    ),
  ]);
  const from = { accessKeyId: 'AKIAREGISTERED1' };
  const hsm = (ClusterId: string) =>
    cloudHsm.call('CreateHsm', { ClusterId, AvailabilityZone: 'us-east-1a' }, from);
  expect(await cloudHsm.call('DescribeClusters', {}, from)).toMatchObject({ status: 200 });
  expect(await hsm(id)).toMatchObject({ body: { __type: 'CloudHsmInvalidRequestException' } });
  expect(await hsm(other.id)).toEqual({
    status: 400,
    body: {
      __type: 'CloudHsmAccessDeniedException',
      message:
        `User: ${arn} is not authorized to perform: cloudhsm:CreateHsm on resource: ` +
        `arn:aws:cloudhsm:us-east-1:000000000000:cluster/${other.id} ` +
        'because no identity-based policy allows the cloudhsm:CreateHsm action',
    },
  });
  expect(cloudHsm.recorded.at(-1)).toMatchObject({
    eventSource: 'cloudhsm.amazonaws.com',
    errorCode: 'CloudHsmAccessDeniedException',
    requestParameters: null,
    userIdentity: { arn },
  });
});

test('CloudTrail records the calls', async () => {
  const cloudHsm = await localCloudHsm();
  const { id } = await cloudHsm.unclaimedCluster();
  const record = cloudHsm.recorded.find(({ eventName }) => eventName === 'CreateHsm');
  expect(record).toMatchObject({
    eventSource: 'cloudhsm.amazonaws.com',
    awsRegion: 'us-east-1',
    userIdentity: { arn: ROOT },
    requestParameters: { availabilityZone: 'us-east-1a', clusterId: id },
    responseElements: {
      hsm: {
        clusterId: id,
        state: 'CREATE_IN_PROGRESS',
        availabilityZone: 'us-east-1a',
        eniId: expect.stringMatching(/^eni-/),
        eniIp: '10.0.0.4',
        hsmId: expect.stringMatching(/^hsm-/),
        subnetId: SUBNETS[0],
      },
    },
    readOnly: false,
    eventType: 'AwsApiCall',
  });
  await cloudHsm.call('DescribeClusters', {});
  expect(cloudHsm.recorded.at(-1)).toMatchObject({
    eventName: 'DescribeClusters',
    requestParameters: {},
    responseElements: null,
    readOnly: true,
  });
});

test('what is not there is said to be not there', async () => {
  const cloudHsm = await localCloudHsm();
  expect(await cloudHsm.call('ListTags', { ResourceId: 'cluster-aaaaaaaaaaa' })).toMatchObject({
    body: { __type: 'CloudHsmResourceNotFoundException' },
  });
  expect(await cloudHsm.call('ListClusters', {})).toMatchObject({
    body: { __type: 'UnknownOperationException' },
  });
  const { id } = await cloudHsm.unclaimedCluster();
  const elsewhere = await cloudHsm.call('DeleteCluster', { ClusterId: id }, { region: 'eu-west-1' });
  expect(elsewhere).toMatchObject({ body: { __type: 'CloudHsmResourceNotFoundException' } });
});

type Running = Awaited<ReturnType<typeof localCloudHsm>>;

async function clustersOf(cloudHsm: Running): Promise<{ ClusterId?: string; VpcId?: string }[]> {
  return Object(await cloudHsm.done('DescribeClusters', {})).Clusters;
}

async function created(cloudHsm: Running, input: object): Promise<{ Hsm?: unknown }> {
  return Object(await cloudHsm.done('CreateHsm', input));
}
