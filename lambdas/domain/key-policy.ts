import type { KeySpec, KeyUsage } from './key.ts';
import { cryptographicActions, useOf } from './key-use.ts';

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal: '*' | { readonly AWS: string };
  readonly Action: string | readonly string[];
  /** In a key policy `*` is the key that carries it. */
  readonly Resource: '*';
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** ARNs of the roles of Keyward's steps: IAM roles with their path, not sessions. */
export interface StepRoles {
  readonly create: string;
  readonly alias: string;
  readonly probe: string;
  readonly rotate: string;
  readonly restrict: string;
  readonly disable: string;
  readonly enable: string;
  readonly scheduleDeletion: string;
  readonly cancelDeletion: string;
  /** Puts what a failed generation or rotation made on its way to deletion. */
  readonly discard: string;
  readonly evidence: string;
  /** People in an emergency; every use of it raises an alarm. */
  readonly breakGlass?: string | undefined;
}

export interface ManagedKey {
  readonly accountId: string;
  readonly partition?: string | undefined;
  readonly roles: StepRoles;
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  readonly deletionWindowDays: number;
  /** Whether the version may still encrypt or sign: false from its deactivation on. */
  readonly protects: boolean;
}

/**
 * The policy written on a KMS key that Keyward manages. It grants nothing of its own: access comes from IAM policies,
 * through the statement for the account, and the denials bound what they can give. A denial beats every grant and every
 * IAM policy, an administrator's too. Throws ClassForbids when KMS has no key of that spec for that usage.
 *
 * Roles stand in conditions on `aws:PrincipalArn`, which is the role's ARN for every session of it; in `Principal` KMS
 * would refuse the policy as long as one of them does not exist, and forget it when it is made anew.
 *
 * - Left to others: CancelKeyDeletion, because saving a key must never wait for Keyward (it is seen and reported), and
 *   CreateGrant, because AWS services need it to work with the key; what is denied here a grantee may not do either.
 * - The create and restrict roles are exempt for PutKeyPolicy: KMS refuses CreateKey and PutKeyPolicy to a caller that
 *   the new policy would keep from changing it again. The create role's IAM policy does not give it that action.
 * - The root user of the account is exempt as the break-glass role is: with every role gone nobody else could ever
 *   change the policy.
 */
export function managedKeyPolicy(key: ManagedKey): PolicyDocument {
  const { roles, accountId, partition = 'aws' } = key;
  const root = `arn:${partition}:iam::${accountId}:root`;
  const exempt = [root, ...(roles.breakGlass === undefined ? [] : [roles.breakGlass])];
  const onlyFor = (
    Sid: string,
    stepRoles: readonly string[],
    Action: readonly string[],
  ): PolicyStatement => ({
    ...deny(Sid, Action),
    Condition: { ArnNotLike: { 'aws:PrincipalArn': [...new Set([...stepRoles, ...exempt])] } },
  });
  const use = useOf(key.spec, key.usage);
  const ofClass = new Set([...use.protect, ...use.process]);

  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AccountAdministersThroughIam',
        Effect: 'Allow',
        Principal: { AWS: root },
        Action: 'kms:*',
        Resource: '*',
      },

      onlyFor('OnlyStepsDisable', [roles.disable, roles.discard], ['kms:DisableKey']),
      onlyFor('OnlyStepsEnable', [roles.enable], ['kms:EnableKey']),
      onlyFor(
        'OnlyStepsScheduleDeletion',
        [roles.scheduleDeletion, roles.discard],
        ['kms:ScheduleKeyDeletion'],
      ),
      onlyFor('OnlyStepsChangePolicy', [roles.create, roles.restrict], ['kms:PutKeyPolicy']),
      onlyFor(
        'OnlyStepsName',
        [roles.alias, roles.discard],
        ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias'],
      ),
      // The tags say which keys are managed, and by IAM policies on tags who may use them.
      onlyFor('OnlyStepsTag', [roles.create], ['kms:TagResource', 'kms:UntagResource']),
      onlyFor(
        'OnlyStepsRotate',
        [roles.rotate],
        ['kms:RotateKeyOnDemand', 'kms:EnableKeyRotation', 'kms:DisableKeyRotation'],
      ),
      deny('NobodyTakesToAnotherRegion', ['kms:ReplicateKey', 'kms:UpdatePrimaryRegion']),

      // The window cannot be shortened once it runs, but whoever schedules could choose a short one.
      {
        ...deny('NobodyShortensDeletionWindow', ['kms:ScheduleKeyDeletion']),
        Condition: {
          NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': String(key.deletionWindowDays) },
        },
      },
      {
        ...deny('NobodySkipsLockoutCheck', ['kms:PutKeyPolicy']),
        Condition: { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } },
      },

      deny(
        'NobodyUsesBeyondClass',
        cryptographicActions.filter((action) => !ofClass.has(action)),
      ),
      ...(key.protects ? [] : [deny('NobodyProtectsWithDeactivated', use.protect)]),
    ],
  };
}

function deny(Sid: string, Action: readonly string[]): PolicyStatement {
  return { Sid, Effect: 'Deny', Principal: '*', Action, Resource: '*' };
}
