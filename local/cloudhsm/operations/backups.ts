import * as z from 'zod';
import type { ConditionValues } from '../../kms/authorization/conditions.ts';
import { backupArn } from '../arns.ts';
import { isShared } from '../backup-policy.ts';
import { applyRetention, pendingDeletion } from '../backups.ts';
import { describeBackup } from '../descriptions.ts';
import { invalidRequest } from '../errors.ts';
import { backupId, filters, pagination, region, tagList } from '../fields.ts';
import { checkFilters } from '../filters.ts';
import { newId } from '../ids.ts';
import { existingBackup } from '../lookup.ts';
import { type Call, operation, type Permission } from '../operation.ts';
import { pageOf } from '../pagination.ts';
import type { Backup } from '../store/resources.ts';
import { requestTagConditions, resourceTagConditions, tagsOf } from '../tags.ts';

/** What the caller is asked for to do something with the backup. */
export const onBackup = (backup: Backup, conditions: ConditionValues = {}): Permission[] => [
  {
    resource: backupArn(backup, backup.id),
    conditions: { ...resourceTagConditions(backup.tags), ...conditions },
  },
];

/** Throws CloudHsmInvalidRequestException when the backup is in another state. */
export function requireState(backup: Backup, state: Backup['state']): void {
  if (backup.state === state) return;
  throw invalidRequest(`Backup '${backup.id}' is in the ${backup.state} state: it must be ${state}.`);
}

export const describeBackups = operation({
  schema: z.object({
    ...pagination(50),
    Filters: filters,
    Shared: z.boolean().default(false),
    SortAscending: z.boolean().default(false),
  }),
  readOnly: true,
  resolve: (call, input) => ({
    permissions: [{ resource: '*' }],
    effect: () => {
      const wanted = checkFilters(input.Filters, [
        'backupIds',
        'sourceBackupIds',
        'clusterIds',
        'states',
        'neverExpires',
      ]);
      const matches = (backup: Backup) =>
        (wanted('backupIds')?.includes(backup.id) ?? true) &&
        (wanted('sourceBackupIds')?.includes(backup.copy?.sourceBackupId ?? '') ?? true) &&
        (wanted('clusterIds')?.includes(backup.clusterId) ?? true) &&
        (wanted('states')?.includes(backup.state) ?? true) &&
        (wanted('neverExpires')?.includes(String(backup.neverExpires)) ?? true);
      const direction = input.SortAscending ? 1 : -1;
      const found = (input.Shared ? sharedWith(call) : call.cloudHsm.backups.list(call.account))
        .filter(matches)
        .toSorted((a, b) => direction * (a.createdAt - b.createdAt));
      const { items, position } = pageOf(found, (backup) => backup.id, input);
      return { output: { Backups: items.map(describeBackup), ...position } };
    },
  }),
});

/** The backups of other accounts that their policies share, once the share has been promoted in AWS RAM. */
function sharedWith({ cloudHsm, account, principal }: Call): Backup[] {
  return cloudHsm.backups
    .listEverywhere()
    .filter(
      (backup) =>
        backup.accountId !== account.accountId &&
        backup.region === account.region &&
        backup.promoted &&
        isShared(backup, principal, 'cloudhsm:DescribeBackups'),
    );
}

export const copyBackupToRegion = operation({
  schema: z.object({ DestinationRegion: region, BackupId: backupId, TagList: tagList.optional() }),
  readOnly: false,
  resolve: ({ cloudHsm, account, now }, input) => {
    const source = existingBackup(cloudHsm, account, input.BackupId);
    const tags = input.TagList === undefined ? source.tags : tagsOf(input.TagList);
    return {
      permissions: onBackup(source, requestTagConditions(tags)),
      effect: () => {
        if (input.DestinationRegion === account.region) {
          throw invalidRequest('The destination Region must be another one than that of the backup.');
        }
        requireState(source, 'READY');
        const { policy: _, ...copied } = source;
        const id = newId('backup');
        cloudHsm.backups.insert({
          ...copied,
          id,
          region: input.DestinationRegion,
          state: 'CREATE_IN_PROGRESS',
          dueAt: now + cloudHsm.durations().backupCopy,
          // A cluster in another Region counts as another cluster.
          history: `${source.history}@${input.DestinationRegion}`,
          neverExpires: false,
          tags,
          promoted: false,
          copy: {
            sourceRegion: account.region,
            sourceBackupId: source.id,
            sourceClusterId: source.clusterId,
            at: now,
          },
        });
        cloudHsm.keys.copy(source.id, id);
        return {
          output: {
            DestinationBackup: {
              CreateTimestamp: source.createdAt / 1000,
              SourceRegion: account.region,
              SourceBackup: source.id,
              SourceCluster: source.clusterId,
            },
          },
        };
      },
    };
  },
});

export const modifyBackupAttributes = operation({
  schema: z.object({ BackupId: backupId, NeverExpires: z.boolean() }),
  readOnly: false,
  resolve: (call, { BackupId, NeverExpires }) =>
    changing(call, BackupId, 'READY', (backup) => ({ ...backup, neverExpires: NeverExpires })),
});

/** For seven days the backup can be restored. */
export const deleteBackup = operation({
  schema: z.object({ BackupId: backupId }),
  readOnly: false,
  resolve: (call, { BackupId }) =>
    changing(call, BackupId, 'READY', (backup) => {
      const { policy: _, ...unshared } = backup;
      return pendingDeletion({ ...unshared, promoted: false }, call.now);
    }),
});

export const restoreBackup = operation({
  schema: z.object({ BackupId: backupId }),
  readOnly: false,
  resolve: (call, { BackupId }) =>
    changing(call, BackupId, 'PENDING_DELETION', (backup) => ({ ...backup, state: 'READY', dueAt: null })),
});

/** A change of a backup that is in that state; which of its cluster's backups are kept is decided anew. */
function changing(
  { cloudHsm, account, now }: Call,
  id: string,
  state: Backup['state'],
  change: (backup: Backup) => Backup,
) {
  const backup = existingBackup(cloudHsm, account, id);
  return {
    permissions: onBackup(backup),
    effect: () => {
      requireState(backup, state);
      const changed = change(backup);
      cloudHsm.backups.update(changed);
      applyRetention(cloudHsm, backup.clusterId, now);
      return { output: { Backup: describeBackup(changed) } };
    },
  };
}
