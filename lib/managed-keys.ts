import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Stage } from './stage.ts';

const managedTag = 'keyward:managed';

export type KeyVerb =
  | 'kms:CancelKeyDeletion'
  | 'kms:Decrypt'
  | 'kms:DescribeKey'
  | 'kms:DisableKey'
  | 'kms:EnableKey'
  | 'kms:Encrypt'
  | 'kms:GetKeyLastUsage'
  | 'kms:GetKeyPolicy'
  | 'kms:GetKeyRotationStatus'
  | 'kms:ListGrants'
  | 'kms:ListKeyRotations'
  | 'kms:PutKeyPolicy'
  | 'kms:RevokeGrant'
  | 'kms:RotateKeyOnDemand'
  | 'kms:ScheduleKeyDeletion'
  | 'kms:Sign'
  | 'kms:Verify';

export type AliasVerb = 'kms:CreateAlias' | 'kms:UpdateAlias' | 'kms:DeleteAlias';

export type ListVerb = 'kms:ListAliases' | 'tag:GetResources';

/**
 * The KMS keys that Keyward makes and manages. None of them is in the template: a deleted stack takes no key along.
 * Every verb on a key holds only while the key carries the tag of managed keys, but for `DescribeKey`: a tag counts
 * minutes after it is set and not for a key that is gone, and what Keyward has to know is which of them is the case.
 */
export class ManagedKeys {
  readonly #keys: string;
  readonly #aliases: string;
  readonly #protectedKeyArns: readonly string[];

  constructor(scope: Construct, stage: Stage) {
    const stack = Stack.of(scope);
    this.#keys = stack.formatArn({ service: 'kms', resource: 'key', resourceName: '*' });
    this.#aliases = stack.formatArn({ service: 'kms', resource: 'alias', resourceName: 'keyward/*' });
    this.#protectedKeyArns = stage.protectedKeyArns;
  }

  grant(lambda: LambdaFunction, verbs: readonly (KeyVerb | AliasVerb)[]): void {
    const tagged = { StringEquals: { [`aws:ResourceTag/${managedTag}`]: 'true' } };
    const acts = verbs.filter((verb) => verb !== 'kms:DescribeKey');
    if (acts.length > 0) this.#allow(lambda, acts, this.#keys, tagged);
    if (acts.length < verbs.length) this.#allow(lambda, ['kms:DescribeKey'], this.#keys);
    acknowledge(lambda.role ?? lambda, {
      'IAM5[Resource::arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*]':
        'Managed keys are made at run time: the condition on their tag bounds what can be done to them.',
    });
    this.#denyProtected(lambda, verbs);
  }

  /** Naming a key asks for the verb on the alias and on each key it points at. */
  grantNaming(lambda: LambdaFunction, verbs: readonly AliasVerb[]): void {
    this.grant(lambda, verbs);
    this.#allow(lambda, verbs, this.#aliases);
    acknowledge(lambda.role ?? lambda, {
      'IAM5[Resource::arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:alias/keyward/*]':
        'Aliases carry no tags: those of managed keys are known by their path.',
    });
  }

  /** CreateKey with the tag of managed keys, and never with a policy that would lock its maker out. */
  grantCreation(lambda: LambdaFunction): void {
    const tagged = { StringEquals: { [`aws:RequestTag/${managedTag}`]: 'true' } };
    this.#allow(lambda, ['kms:CreateKey'], '*', {
      ...tagged,
      BoolIfExists: { 'kms:BypassPolicyLockoutSafetyCheck': 'false' },
    });
    this.#allow(lambda, ['kms:TagResource'], this.#keys, tagged);
    acknowledge(lambda.role ?? lambda, {
      'IAM5[Resource::*]':
        'A key that does not exist yet has no ARN: the tag asked for bounds the statement.',
    });
    this.#denyProtected(lambda, ['kms:TagResource']);
  }

  /** Listing calls, for which IAM knows no resource. */
  grantListing(lambda: LambdaFunction, verbs: readonly ListVerb[]): void {
    this.#allow(lambda, verbs, '*');
    acknowledge(lambda.role ?? lambda, {
      'IAM5[Resource::*]': 'IAM knows no resource for listing aliases and tags: they are read only.',
    });
  }

  #allow(
    lambda: LambdaFunction,
    actions: readonly string[],
    resource: string,
    conditions: Record<string, Record<string, string>> = {},
  ): void {
    lambda.addToRolePolicy(new PolicyStatement({ actions: [...actions], resources: [resource], conditions }));
  }

  #denyProtected(lambda: LambdaFunction, actions: readonly string[]): void {
    if (this.#protectedKeyArns.length === 0) return;
    lambda.addToRolePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: [...actions],
        resources: [...this.#protectedKeyArns],
      }),
    );
  }
}
