import type { Hardware } from '../hardware.ts';
import type { Operation } from '../operation.ts';
import {
  copyBackupToRegion,
  deleteBackup,
  describeBackups,
  modifyBackupAttributes,
  restoreBackup,
} from './backups.ts';
import { deleteCluster, describeClusters, initializeCluster, modifyCluster } from './clusters.ts';
import { createCluster } from './create-cluster.ts';
import { createHsm, deleteHsm } from './hsms.ts';
import { deleteResourcePolicy, getResourcePolicy, putResourcePolicy } from './resource-policies.ts';
import { listTags, tagResource, untagResource } from './tags.ts';

/** The operations of the CloudHSM V2 API by name: all that AWS has. */
export function operationsOf(hardware: Hardware): Readonly<Record<string, Operation>> {
  return {
    CopyBackupToRegion: copyBackupToRegion,
    CreateCluster: createCluster,
    CreateHsm: createHsm(hardware),
    DeleteBackup: deleteBackup,
    DeleteCluster: deleteCluster,
    DeleteHsm: deleteHsm,
    DeleteResourcePolicy: deleteResourcePolicy,
    DescribeBackups: describeBackups,
    DescribeClusters: describeClusters,
    GetResourcePolicy: getResourcePolicy,
    InitializeCluster: initializeCluster,
    ListTags: listTags,
    ModifyBackupAttributes: modifyBackupAttributes,
    ModifyCluster: modifyCluster,
    PutResourcePolicy: putResourcePolicy,
    RestoreBackup: restoreBackup,
    TagResource: tagResource,
    UntagResource: untagResource,
  };
}
