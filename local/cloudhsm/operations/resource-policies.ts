import * as z from 'zod';
import { backupArn } from '../arns.ts';
import { checkBackupPolicy } from '../backup-policy.ts';
import { invalidRequest, resourceNotFound } from '../errors.ts';
import { resourceArn } from '../fields.ts';
import { existingBackup } from '../lookup.ts';
import { type Call, operation } from '../operation.ts';
import type { Backup } from '../store/resources.ts';
import { onBackup, requireState } from './backups.ts';

/** Shares a backup with what the policy names. Its consumers restore it by its ARN. */
export const putResourcePolicy = operation({
  schema: z.object({ ResourceArn: resourceArn, Policy: z.string().min(1).max(20_000) }),
  readOnly: false,
  resolve: (call, { ResourceArn, Policy }) => {
    const backup = namedBackup(call, ResourceArn);
    return {
      permissions: onBackup(backup),
      effect: () => {
        requireState(backup, 'READY');
        checkBackupPolicy(backup, Policy);
        call.cloudHsm.backups.update({ ...backup, policy: Policy, promoted: false });
        return { output: { ResourceArn, Policy } };
      },
    };
  },
});

export const getResourcePolicy = operation({
  schema: z.object({ ResourceArn: resourceArn }),
  readOnly: true,
  resolve: (call, { ResourceArn }) => {
    const backup = namedBackup(call, ResourceArn);
    return { permissions: onBackup(backup), effect: () => ({ output: { Policy: policyOf(backup) } }) };
  },
});

/** Clusters that were restored from the backup stay. */
export const deleteResourcePolicy = operation({
  schema: z.object({ ResourceArn: resourceArn }),
  readOnly: false,
  resolve: (call, { ResourceArn }) => {
    const backup = namedBackup(call, ResourceArn);
    return {
      permissions: onBackup(backup),
      effect: () => {
        const { policy: _, ...unshared } = backup;
        call.cloudHsm.backups.update({ ...unshared, promoted: false });
        return { output: { ResourceArn, Policy: policyOf(backup) } };
      },
    };
  },
});

function namedBackup({ cloudHsm, account }: Call, arn: string): Backup {
  const id = arn.split('/').at(-1) ?? '';
  if (!arn.includes(':backup/'))
    throw invalidRequest('Of the resources of CloudHSM only backups have policies.');
  if (arn !== backupArn(account, id)) throw resourceNotFound(`Backup '${arn}' does not exist.`);
  return existingBackup(cloudHsm, account, id);
}

function policyOf({ id, policy }: Backup): string {
  if (policy === undefined) throw resourceNotFound(`Backup '${id}' has no resource policy.`);
  return policy;
}
