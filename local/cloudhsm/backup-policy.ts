import { judgeKeyPolicy } from '../kms/authorization/evaluation.ts';
import { type KeyPolicy, parseKeyPolicy } from '../kms/authorization/key-policy.ts';
import { ServiceError } from '../kms/errors.ts';
import type { Principal } from '../kms/principal.ts';
import { backupArn } from './arns.ts';
import { accessDenied, invalidRequest } from './errors.ts';
import type { Backup } from './store/resources.ts';

const SHAREABLE_ACTIONS = ['cloudhsm:CreateCluster', 'cloudhsm:DescribeBackups'];

/** Throws CloudHsmInvalidRequestException unless the text is a resource policy that shares this one backup. */
export function checkBackupPolicy(backup: Backup, text: string): void {
  const policy = parsed(text);
  const arn = backupArn(backup, backup.id);
  for (const statement of policy.Statement) {
    if (!(statement.Action ?? []).every((action) => SHAREABLE_ACTIONS.includes(action))) {
      throw invalidRequest(`A policy of a backup can name ${SHAREABLE_ACTIONS.join(' and ')} only.`);
    }
    if (!(statement.Resource ?? []).every((resource) => resource === arn)) {
      throw invalidRequest(`The policy must name the backup as its resource: ${arn}.`);
    }
  }
}

/** Whether the backup's policy lets a principal of another account do this. */
export function isShared(backup: Backup, principal: Principal, action: string): boolean {
  if (backup.policy === undefined) return false;
  const verdict = judgeKeyPolicy(parsed(backup.policy), {
    principal,
    action,
    resource: backupArn(backup, backup.id),
    conditions: { 'aws:principalarn': [principal.policyArn], 'aws:principalaccount': [principal.accountId] },
  });
  return !verdict.denied && (verdict.allowed || verdict.allowedRole || verdict.delegated);
}

/** Throws CloudHsmAccessDeniedException unless the backup's policy lets the principal do this. */
export function authorizeByBackupPolicy(backup: Backup, principal: Principal, action: string): void {
  if (isShared(backup, principal, action)) return;
  throw accessDenied(
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ` +
      `${backupArn(backup, backup.id)} because no resource-based policy allows the ${action} action`,
  );
}

function parsed(text: string): KeyPolicy {
  try {
    return parseKeyPolicy(text);
  } catch (error) {
    throw error instanceof ServiceError
      ? invalidRequest(`The resource policy is not valid. ${error.message}`)
      : error;
  }
}
