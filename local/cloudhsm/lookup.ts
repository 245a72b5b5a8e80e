import { type Account, isSameAccount } from '../kms/account.ts';
import type { CloudHsm } from './cloudhsm.ts';
import { resourceNotFound } from './errors.ts';
import type { Backup, Cluster } from './store/resources.ts';

/** The cluster of the caller's account and Region. Throws CloudHsmResourceNotFoundException, for a deleted one too. */
export function existingCluster({ clusters }: CloudHsm, account: Account, id: string): Cluster {
  const cluster = clusters.find(id);
  if (cluster === undefined || !isSameAccount(cluster, account) || cluster.state === 'DELETED') {
    throw resourceNotFound(`Cluster '${id}' does not exist.`);
  }
  return cluster;
}

/** The backup of the caller's account and Region. Throws CloudHsmResourceNotFoundException. */
export function existingBackup({ backups }: CloudHsm, account: Account, id: string): Backup {
  const backup = backups.find(id);
  if (backup === undefined || !isSameAccount(backup, account)) {
    throw resourceNotFound(`Backup '${id}' does not exist.`);
  }
  return backup;
}
