import type { JsonObject } from '../kms/operation.ts';
import { backupArn } from './arns.ts';
import { activeHsms, type CloudHsm } from './cloudhsm.ts';
import type { Backup, Cluster, Hsm } from './store/resources.ts';
import { tagList } from './tags.ts';

/** How the API shows its resources: dates as epoch seconds. */
export function describeCluster(cloudHsm: CloudHsm, cluster: Cluster): JsonObject {
  const { migration } = cluster;
  return {
    BackupPolicy: 'DEFAULT',
    BackupRetentionPolicy: { Type: 'DAYS', Value: String(cluster.retentionDays) },
    ClusterId: cluster.id,
    CreateTimestamp: cluster.createdAt / 1000,
    Hsms: cloudHsm.hsms.ofCluster(cluster.id).map(describeHsm),
    HsmType: cluster.hsmType,
    ...(migration === undefined ? {} : { HsmTypeRollbackExpiration: migration.rollbackUntil / 1000 }),
    SecurityGroup: cluster.securityGroup,
    ...(cluster.sourceBackupId === undefined ? {} : { SourceBackupId: cluster.sourceBackupId }),
    State: cluster.state,
    SubnetMapping: cluster.subnets,
    VpcId: cluster.vpcId,
    NetworkType: cluster.networkType,
    Certificates: certificates(cloudHsm, cluster),
    TagList: tagList(cluster.tags),
    Mode: cluster.mode,
  };
}

/** The request for the cluster's certificate comes from its first HSM, and goes when it is answered. */
function certificates(cloudHsm: CloudHsm, { id, state, claim }: Cluster): JsonObject {
  if (claim !== undefined) return { ClusterCertificate: claim.clusterCertificate };
  const identity = state === 'UNINITIALIZED' ? activeHsms(cloudHsm, id)[0]?.identity : undefined;
  if (identity === undefined) return {};
  return {
    ClusterCsr: identity.csr,
    HsmCertificate: identity.hsmCertificate,
    AwsHardwareCertificate: identity.awsHardwareCertificate,
    ManufacturerHardwareCertificate: identity.manufacturerHardwareCertificate,
  };
}

export function describeHsm(hsm: Hsm): JsonObject {
  return {
    AvailabilityZone: hsm.availabilityZone,
    ClusterId: hsm.clusterId,
    SubnetId: hsm.subnetId,
    EniId: hsm.eniId,
    EniIp: hsm.eniIp,
    HsmId: hsm.id,
    HsmType: hsm.hsmType,
    State: hsm.state,
  };
}

export function describeBackup(backup: Backup): JsonObject {
  const { copy } = backup;
  return {
    BackupId: backup.id,
    BackupArn: backupArn(backup, backup.id),
    BackupState: backup.state,
    ClusterId: backup.clusterId,
    CreateTimestamp: backup.createdAt / 1000,
    ...(copy === undefined
      ? {}
      : {
          CopyTimestamp: copy.at / 1000,
          SourceRegion: copy.sourceRegion,
          SourceBackup: copy.sourceBackupId,
          SourceCluster: copy.sourceClusterId,
        }),
    NeverExpires: backup.neverExpires,
    ...(backup.state === 'PENDING_DELETION' && backup.dueAt !== null
      ? { DeleteTimestamp: backup.dueAt / 1000 }
      : {}),
    TagList: tagList(backup.tags),
    HsmType: backup.hsmType,
    Mode: backup.mode,
  };
}
