import { DAY_MILLISECONDS } from '../clock/day.ts';
import type { CloudHsm } from './cloudhsm.ts';
import { newId } from './ids.ts';
import type { Backup, Cluster } from './store/resources.ts';
import { loggedOut } from './users.ts';

/** How long a deleted backup can be restored. */
const RESTORABLE_MILLISECONDS = 7 * DAY_MILLISECONDS;

/** Begins a backup of what the HSMs of the cluster hold at that time, in epoch milliseconds; the next is due a day later. */
export function backUp(cloudHsm: CloudHsm, cluster: Cluster, at: number): void {
  const { id: clusterId, accountId, region, hsmType, mode, history, claim, users } = cluster;
  const id = newId('backup');
  cloudHsm.backups.insert({
    id,
    accountId,
    region,
    state: 'CREATE_IN_PROGRESS',
    dueAt: at + cloudHsm.durations().backup,
    clusterId,
    createdAt: at,
    neverExpires: false,
    hsmType,
    mode,
    history,
    ...(claim === undefined ? {} : { claim }),
    users: users.map(loggedOut),
    tags: {},
    promoted: false,
  });
  cloudHsm.clusters.update({ ...cluster, dueAt: at + DAY_MILLISECONDS });
  cloudHsm.keys.copy(clusterId, id);
}

/** The backup as one that can be restored for some days, and then is gone. */
export function pendingDeletion(backup: Backup, at: number): Backup {
  return { ...backup, state: 'PENDING_DELETION', dueAt: at + RESTORABLE_MILLISECONDS };
}

/**
 * Sets when each backup of the cluster falls to the retention policy. The last one never does, nor does the last of
 * another HSM type, nor a copy from another Region: that has no policy.
 */
export function applyRetention({ clusters, backups }: CloudHsm, clusterId: string, at: number): void {
  const cluster = clusters.find(clusterId);
  if (cluster === undefined) return;
  const ready = backups
    .ofCluster(clusterId)
    .filter(({ state, copy }) => state === 'READY' && copy === undefined)
    .toSorted((a, b) => b.createdAt - a.createdAt);
  for (const backup of ready) {
    const isLast = ready.find(({ hsmType }) => hsmType === backup.hsmType) === backup;
    const expiresAt = Math.max(at, backup.createdAt + cluster.retentionDays * DAY_MILLISECONDS);
    const dueAt = isLast || backup.neverExpires ? null : expiresAt;
    if (backup.dueAt !== dueAt) backups.update({ ...backup, dueAt });
  }
}
