import * as z from 'zod';
import type { TestKms } from '../kms/started-kms.ts';
import { type CertificateAuthority, newAuthority } from './certificate-authority.ts';

const TARGET = 'BaldrApiService';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface From {
  readonly accessKeyId?: string;
  readonly region?: string;
}

const hsmSchema = z.looseObject({
  HsmId: z.string(),
  State: z.string(),
  AvailabilityZone: z.string(),
  EniIp: z.string(),
  EniId: z.string(),
});

const clusterSchema = z.looseObject({
  ClusterId: z.string(),
  State: z.string(),
  SubnetMapping: z.record(z.string(), z.string()),
  Certificates: z.looseObject({
    ClusterCsr: z.string().optional(),
    ClusterCertificate: z.string().optional(),
  }),
  Hsms: z.array(hsmSchema),
  TagList: z.array(z.object({ Key: z.string(), Value: z.string() })),
});

const backupSchema = z.looseObject({
  BackupId: z.string(),
  BackupArn: z.string(),
  BackupState: z.string(),
  ClusterId: z.string(),
  CreateTimestamp: z.number(),
  NeverExpires: z.boolean(),
});

export type DescribedCluster = z.infer<typeof clusterSchema>;
export type DescribedBackup = z.infer<typeof backupSchema>;

export const SUBNETS = ['subnet-0a0000000000000a1', 'subnet-0a0000000000000b2', 'subnet-0a0000000000000c3'];

export interface TestCloudHsm extends TestKms {
  /** Calls the API; `test`, the account's root, in us-east-1 unless said otherwise. */
  call(operation: string, input: object, from?: From): Promise<Answer>;
  /** Calls it and throws unless it answers 200. */
  done(operation: string, input: object, from?: From): Promise<unknown>;
  cluster(id: string, from?: From): Promise<DescribedCluster>;
  backups(input?: object, from?: From): Promise<DescribedBackup[]>;
  newestBackup(from?: From): Promise<DescribedBackup>;
  send(method: string, path: string, body?: object): Promise<Answer>;
  /** A cluster that has been claimed with the authority and activated, with an HSM in each of so many zones. */
  activeCluster(hsmCount: number, input?: object): Promise<{ id: string; authority: CertificateAuthority }>;
  /** A cluster with one HSM, whose request waits to be signed. */
  unclaimedCluster(input?: object): Promise<{ id: string; csr: string }>;
}

/** The CloudHSM of a server. */
export function cloudHsmOf(kms: TestKms): TestCloudHsm {
  const call = async (operation: string, input: object, from: From = {}): Promise<Answer> => {
    const { accessKeyId = 'test', region = 'us-east-1' } = from;
    const response = await fetch(kms.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `${TARGET}.${operation}`,
        authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261128/${region}/cloudhsm/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(input),
    });
    const body: unknown = await response.json();
    return { status: response.status, body };
  };
  const done = async (operation: string, input: object, from?: From) => {
    const { status, body } = await call(operation, input, from);
    if (status !== 200) throw new Error(`${operation}: ${JSON.stringify(body)}`);
    return body;
  };
  const send = async (method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${kms.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    return { status: response.status, body: answer };
  };
  const cluster = async (id: string, from?: From) => {
    const answer = await done('DescribeClusters', { Filters: { clusterIds: [id] } }, from);
    const [found] = z.object({ Clusters: z.array(clusterSchema) }).parse(answer).Clusters;
    if (found === undefined) throw new Error(`There is no cluster ${id}.`);
    return found;
  };
  const backups = async (input: object = {}, from?: From) =>
    z.object({ Backups: z.array(backupSchema) }).parse(await done('DescribeBackups', input, from)).Backups;
  const unclaimedCluster = async (input: object = {}) => {
    const answer = await done('CreateCluster', { HsmType: 'hsm2m.medium', SubnetIds: SUBNETS, ...input });
    const { ClusterId: id } = z.object({ Cluster: clusterSchema }).parse(answer).Cluster;
    kms.clock.advance('PT1H');
    await done('CreateHsm', { ClusterId: id, AvailabilityZone: 'us-east-1a' });
    kms.clock.advance('PT1H');
    return { id, csr: z.string().parse((await cluster(id)).Certificates.ClusterCsr) };
  };
  return {
    ...kms,
    call,
    done,
    send,
    cluster,
    backups,
    newestBackup: async (from) => {
      const [newest] = await backups({}, from);
      if (newest === undefined) throw new Error('There is no backup.');
      return newest;
    },
    unclaimedCluster,
    activeCluster: async (hsmCount, input) => {
      const { id, csr } = await unclaimedCluster(input);
      const authority = await newAuthority();
      await done('InitializeCluster', {
        ClusterId: id,
        SignedCert: await authority.sign(csr),
        TrustAnchor: authority.certificate,
      });
      kms.clock.advance('PT1H');
      await send('POST', '/_local/cloudhsm/activate', { clusterId: id, password: 'admin password' });
      for (const zone of ['us-east-1b', 'us-east-1c'].slice(0, hsmCount - 1)) {
        await done('CreateHsm', { ClusterId: id, AvailabilityZone: zone });
      }
      kms.clock.advance('PT1H');
      return { id, authority };
    },
  };
}
