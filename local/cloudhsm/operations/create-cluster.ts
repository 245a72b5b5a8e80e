import * as z from 'zod';
import { type Account, isSameAccount } from '../../kms/account.ts';
import { backupArn, clusterArn } from '../arns.ts';
import { authorizeByBackupPolicy } from '../backup-policy.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import { describeCluster } from '../descriptions.ts';
import { invalidRequest, resourceNotFound } from '../errors.ts';
import { backupReference, hsmType, mode, retentionPolicy, subnetId, tagList } from '../fields.ts';
import { newEc2Id, newId } from '../ids.ts';
import { type Call, operation, type Permission } from '../operation.ts';
import { retentionDays } from '../retention.ts';
import { type Backup, type Cluster, HSM_TYPES, type HsmType } from '../store/resources.ts';
import type { Subnet } from '../store/subnets.ts';
import { requestTagConditions, tagsOf } from '../tags.ts';

/** AWS's default quota. */
const CLUSTERS_PER_REGION = 4;

const DEFAULT_RETENTION_DAYS = 90;

const schema = z.object({
  BackupRetentionPolicy: retentionPolicy.optional(),
  HsmType: hsmType,
  SourceBackupId: backupReference.optional(),
  SubnetIds: z.array(subnetId).min(1).max(10),
  NetworkType: z.enum(['IPV4', 'DUALSTACK']).default('IPV4'),
  TagList: tagList.default([]),
  Mode: mode.optional(),
});

type Input = z.infer<typeof schema>;

/** Makes a cluster without HSMs: a new one, or one that will hold the users and keys of a backup. */
export const createCluster = operation({
  schema,
  readOnly: false,
  resolve: (call, input) => {
    const { cloudHsm, account } = call;
    const tags = tagsOf(input.TagList);
    const id = newId('cluster');
    const source = input.SourceBackupId === undefined ? undefined : sourceBackup(call, input.SourceBackupId);
    return {
      permissions: permissions(account, id, tags, source),
      effect: () => {
        const type = checkedType(input.HsmType, input.Mode);
        checkSource(source, type, input);
        checkQuota(cloudHsm, account);
        const subnets = checkedSubnets(cloudHsm.subnets.named(account, input.SubnetIds));
        const cluster: Cluster = {
          id,
          accountId: account.accountId,
          region: account.region,
          state: 'CREATE_IN_PROGRESS',
          dueAt: call.now + cloudHsm.durations().clusterCreation,
          createdAt: call.now,
          hsmType: type,
          mode: input.Mode ?? source?.mode ?? 'FIPS',
          networkType: input.NetworkType,
          vpcId: subnets.vpcId,
          securityGroup: newEc2Id('sg'),
          subnets: subnets.byZone,
          retentionDays: retentionDays(input.BackupRetentionPolicy) ?? DEFAULT_RETENTION_DAYS,
          ...(source === undefined ? {} : { sourceBackupId: source.id }),
          history: source?.history ?? id,
          ...(source?.claim === undefined ? {} : { claim: source.claim }),
          users: source?.users ?? [],
          tags,
          mutualTls: false,
          unreachable: false,
          portsOpen: true,
        };
        cloudHsm.clusters.insert(cluster);
        if (source !== undefined) cloudHsm.keys.copy(source.id, id);
        return { output: { Cluster: describeCluster(cloudHsm, cluster) } };
      },
    };
  },
});

function permissions(
  account: Account,
  id: string,
  tags: Cluster['tags'],
  source: Backup | undefined,
): Permission[] {
  const resource = clusterArn(account, id);
  const conditions = requestTagConditions(tags);
  return [
    { resource, conditions },
    ...(Object.keys(tags).length === 0 ? [] : [{ action: 'cloudhsm:TagResource', resource, conditions }]),
    ...(source === undefined ? [] : [{ resource: backupArn(source, source.id) }]),
  ];
}

/** A backup of the caller's account by its id or ARN, or one of another account, which its policy shares, by its ARN. */
function sourceBackup({ cloudHsm, account, principal }: Call, reference: string): Backup {
  const backup = cloudHsm.backups.find(reference.split('/').at(-1) ?? '');
  const isNamed = backup !== undefined && [backup.id, backupArn(backup, backup.id)].includes(reference);
  if (isNamed && isSameAccount(backup, account)) return backup;
  if (isNamed && reference.startsWith('arn:') && backup.region === account.region) {
    authorizeByBackupPolicy(backup, principal, 'cloudhsm:CreateCluster');
    return backup;
  }
  throw resourceNotFound(`Backup '${reference}' does not exist.`);
}

function checkSource(source: Backup | undefined, type: HsmType, { Mode }: Input): void {
  if (source === undefined) return;
  if (source.state !== 'READY') {
    throw invalidRequest(
      `Backup '${source.id}' is in the ${source.state} state: only a READY backup can be restored.`,
    );
  }
  if (Mode !== undefined && Mode !== source.mode) {
    throw invalidRequest(
      `Backup '${source.id}' is of a cluster in ${source.mode} mode, and is restored in that only.`,
    );
  }
  if (type === 'hsm1.medium' && source.hsmType !== type) {
    throw invalidRequest(
      `Backup '${source.id}' is of type ${source.hsmType}, and is not restored to ${type}.`,
    );
  }
}

function checkedType(given: string, asked: Input['Mode']): HsmType {
  const type = HSM_TYPES.find((name) => name === given);
  if (type === undefined) {
    throw invalidRequest(
      `The HSM type '${given}' is not available. The types are ${HSM_TYPES.join(' and ')}.`,
    );
  }
  if (type === 'hsm1.medium' && asked === 'NON_FIPS') {
    throw invalidRequest('The HSM type hsm1.medium supports FIPS mode only.');
  }
  return type;
}

function checkQuota({ clusters }: CloudHsm, account: Account): void {
  const existing = clusters.list(account).filter(({ state }) => state !== 'DELETED');
  if (existing.length >= CLUSTERS_PER_REGION) {
    throw invalidRequest(
      `The account has ${existing.length} clusters in ${account.region}, which is its limit of ${CLUSTERS_PER_REGION}.`,
    );
  }
}

function checkedSubnets(subnets: readonly Subnet[]): { vpcId: string; byZone: Record<string, string> } {
  const [first, ...others] = subnets;
  if (first === undefined || others.some(({ vpcId }) => vpcId !== first.vpcId)) {
    throw invalidRequest('All subnets of a cluster must be in the same VPC.');
  }
  const byZone = Object.fromEntries(subnets.map(({ availabilityZone, id }) => [availabilityZone, id]));
  if (Object.keys(byZone).length < subnets.length) {
    throw invalidRequest('Only one subnet can be specified per Availability Zone.');
  }
  return { vpcId: first.vpcId, byZone };
}
