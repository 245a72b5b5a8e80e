import { DAY_MILLISECONDS } from '../clock/day.ts';
import type { Account } from '../kms/account.ts';
import { applyRetention, backUp, pendingDeletion } from './backups.ts';
import { activeHsms, type CloudHsm } from './cloudhsm.ts';
import type { Backup, Cluster, Hsm } from './store/resources.ts';

/** Something that CloudHSM does by itself, and records so. */
export interface ServiceEvent {
  readonly name:
    | 'DeleteBackup'
    | 'BackupDeletedPermanently'
    | 'MigrationStart'
    | 'MigrationEnd'
    | 'RollbackStart'
    | 'RollbackEnd';
  readonly account: Account;
  readonly clusterId: string;
  readonly backupId?: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * Brings on, each at its own time, what has fallen due: clusters and HSMs reach their next state, backups are made daily,
 * and those that the retention policy ends are deleted, and a week later are gone.
 */
export function doDueWork(cloudHsm: CloudHsm): ServiceEvent[] {
  const now = cloudHsm.clock.now().getTime();
  const events: ServiceEvent[] = [];
  for (let due = firstDue(cloudHsm, now); due !== undefined; due = firstDue(cloudHsm, now)) {
    const event = due.settle();
    if (event !== undefined) events.push(event);
  }
  return events;
}

export function isAnythingDue(cloudHsm: CloudHsm): boolean {
  return firstDue(cloudHsm, cloudHsm.clock.now().getTime()) !== undefined;
}

interface Due {
  readonly at: number;
  readonly settle: () => ServiceEvent | undefined;
}

function firstDue(cloudHsm: CloudHsm, now: number): Due | undefined {
  const hsm = cloudHsm.hsms.firstDue(now);
  const cluster = cloudHsm.clusters.firstDue(now);
  const backup = cloudHsm.backups.firstDue(now);
  const candidates = [
    dueOf(hsm, (at, due) => settleHsm(cloudHsm, due, at)),
    dueOf(cluster, (at, due) => settleCluster(cloudHsm, due, at)),
    dueOf(backup, (at, due) => settleBackup(cloudHsm, due, at)),
  ];
  return candidates.filter((due) => due !== undefined).toSorted((a, b) => a.at - b.at)[0];
}

function dueOf<T extends { readonly dueAt: number | null }>(
  thing: T | undefined,
  settle: (at: number, thing: T) => ServiceEvent | undefined,
): Due | undefined {
  const at = thing?.dueAt;
  if (thing === undefined || at === undefined || at === null) return undefined;
  return { at, settle: () => settle(at, thing) };
}

function settleHsm(cloudHsm: CloudHsm, hsm: Hsm, at: number): undefined {
  if (hsm.state === 'DELETE_IN_PROGRESS') {
    cloudHsm.hsms.delete(hsm.id);
    return;
  }
  cloudHsm.hsms.update({ ...hsm, state: 'ACTIVE', dueAt: null });
  const cluster = cloudHsm.clusters.find(hsm.clusterId);
  if (cluster?.state === 'ACTIVE') backUp(cloudHsm, cluster, at);
}

function settleCluster(cloudHsm: CloudHsm, cluster: Cluster, at: number): ServiceEvent | undefined {
  const { clusters, hsms, keys } = cloudHsm;
  const becomes = (state: Cluster['state']) => clusters.update({ ...cluster, state, dueAt: null });
  const becomesActive = (change: Partial<Cluster> = {}) =>
    clusters.update({ ...cluster, ...change, state: 'ACTIVE', dueAt: at + DAY_MILLISECONDS });
  const event = (name: ServiceEvent['name']) => ({ name, account: cluster, clusterId: cluster.id, at });
  switch (cluster.state) {
    case 'CREATE_IN_PROGRESS':
      // A restored cluster was claimed and activated before its backup was made.
      if (cluster.sourceBackupId === undefined) becomes('UNINITIALIZED');
      else becomesActive();
      return undefined;
    case 'INITIALIZE_IN_PROGRESS':
      becomes('INITIALIZED');
      return undefined;
    case 'ACTIVE':
      if (activeHsms(cloudHsm, cluster.id).length > 0) backUp(cloudHsm, cluster, at);
      else becomesActive();
      return undefined;
    case 'MODIFY_IN_PROGRESS':
    case 'ROLLBACK_IN_PROGRESS':
      for (const hsm of hsms.ofCluster(cluster.id)) hsms.update({ ...hsm, hsmType: cluster.hsmType });
      becomesActive();
      return event(cluster.state === 'MODIFY_IN_PROGRESS' ? 'MigrationEnd' : 'RollbackEnd');
    case 'DELETE_IN_PROGRESS':
      becomes('DELETED');
      keys.erase(cluster.id);
      return undefined;
    case 'UNINITIALIZED':
    case 'INITIALIZED':
    case 'DELETED':
      // Nothing falls due in these.
      return undefined;
  }
}

function settleBackup(cloudHsm: CloudHsm, backup: Backup, at: number): ServiceEvent | undefined {
  const { backups, keys } = cloudHsm;
  const event = (name: ServiceEvent['name']) => ({
    name,
    account: backup,
    clusterId: backup.clusterId,
    backupId: backup.id,
    at,
  });
  switch (backup.state) {
    case 'CREATE_IN_PROGRESS':
      backups.update({ ...backup, state: 'READY', dueAt: null });
      applyRetention(cloudHsm, backup.clusterId, at);
      return undefined;
    case 'READY':
      backups.update(pendingDeletion(backup, at));
      return event('DeleteBackup');
    case 'PENDING_DELETION':
      backups.delete(backup.id);
      keys.erase(backup.id);
      return event('BackupDeletedPermanently');
  }
}
