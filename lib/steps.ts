import { Duration, Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { LambdaFactory } from './lambda-factory.ts';
import type { KeyVerb, ManagedKeys } from './managed-keys.ts';
import type { Partition, Registry } from './registry.ts';
import type { Stage } from './stage.ts';

export type StepId =
  | 'PrepareRequest'
  | 'BeginExecution'
  | 'CreateVersion'
  | 'BindAlias'
  | 'ProbeVersion'
  | 'RotateInPlace'
  | 'RestrictVersion'
  | 'DisableKey'
  | 'EnableKey'
  | 'ScheduleDeletion'
  | 'CancelDeletion'
  | 'DiscardVersion'
  | 'CompleteRequest'
  | 'FailRequest';

/** What the steps write. One that is not here acts on KMS and leaves the record to the step after it. */
const writes: Readonly<Partial<Record<StepId, readonly Partition[]>>> = {
  PrepareRequest: ['KEY#', 'REQUEST#'],
  BeginExecution: ['KEY#', 'REQUEST#'],
  CreateVersion: ['KEY#', 'REQUEST#', 'KMSKEY#'],
  BindAlias: ['KEY#', 'REQUEST#'],
  ProbeVersion: ['KEY#', 'REQUEST#'],
  RotateInPlace: ['KEY#', 'REQUEST#', 'KMSKEY#'],
  RestrictVersion: ['KEY#', 'REQUEST#'],
  // A KMS key that one of them finds gone is recorded as lost on the spot: the others are worked on without it.
  DisableKey: ['KEY#', 'REQUEST#'],
  EnableKey: ['KEY#', 'REQUEST#'],
  ScheduleDeletion: ['KEY#', 'REQUEST#'],
  CancelDeletion: ['KEY#', 'REQUEST#'],
  DiscardVersion: ['KEY#', 'REQUEST#'],
  CompleteRequest: ['KEY#', 'REQUEST#'],
  // A key that never came to life gives its alias back.
  FailRequest: ['KEY#', 'REQUEST#', 'ALIAS#'],
};

interface StepProps {
  readonly stage: Stage;
  readonly lambdas: LambdaFactory;
  readonly registry: Registry;
  readonly managedKeys: ManagedKeys;
}

/** The steps of the workflows: one Lambda each, and each with the verbs of its one effect and no other. */
export class Steps extends Construct {
  readonly #lambdas: Readonly<Record<StepId, LambdaFunction>>;
  readonly #breakGlassRoleArn: string | undefined;

  constructor(scope: Construct, id: string, { stage, lambdas, registry, managedKeys }: StepProps) {
    super(scope, id);
    this.#breakGlassRoleArn = stage.breakGlassRoleArn;
    const step = (stepId: StepId, does: string, verbs: readonly KeyVerb[] = []): LambdaFunction => {
      const lambda = lambdas.create(this, stepId, { does, timeout: Duration.seconds(30) });
      if (verbs.length > 0) managedKeys.grant(lambda, verbs);
      return lambda;
    };

    this.#lambdas = {
      PrepareRequest: step('PrepareRequest', 'Gathers the evidence and fixes the digest of a request', [
        'kms:DescribeKey',
        'kms:ListGrants',
        'kms:GetKeyPolicy',
        'kms:GetKeyLastUsage',
      ]),
      BeginExecution: step('BeginExecution', 'Checks the approval again and takes the lease of the key'),
      // What an earlier attempt has made is looked at closely before it is adopted.
      CreateVersion: step('CreateVersion', 'Creates the KMS key of a version', [
        'kms:DescribeKey',
        'kms:GetKeyPolicy',
        'kms:ListGrants',
      ]),
      BindAlias: step('BindAlias', 'Points the alias of a key at one of its versions', ['kms:DescribeKey']),
      ProbeVersion: step(
        'ProbeVersion',
        'Proves that a version protects and processes, or that its use is refused',
        ['kms:DescribeKey', 'kms:Encrypt', 'kms:Decrypt', 'kms:Sign', 'kms:Verify'],
      ),
      RotateInPlace: step('RotateInPlace', 'Rotates the material of a KMS key, once', [
        'kms:DescribeKey',
        'kms:RotateKeyOnDemand',
        'kms:ListKeyRotations',
        'kms:GetKeyRotationStatus',
      ]),
      RestrictVersion: step('RestrictVersion', 'Takes protection away from a deactivated version', [
        'kms:DescribeKey',
        'kms:GetKeyPolicy',
        'kms:PutKeyPolicy',
      ]),
      DisableKey: step('DisableKey', 'Disables the KMS keys of a key and revokes their grants', [
        'kms:DescribeKey',
        'kms:DisableKey',
        'kms:ListGrants',
        'kms:RevokeGrant',
      ]),
      EnableKey: step('EnableKey', 'Enables the KMS keys of a key', ['kms:DescribeKey', 'kms:EnableKey']),
      ScheduleDeletion: step('ScheduleDeletion', 'Schedules the deletion of the KMS keys of a key', [
        'kms:DescribeKey',
        'kms:GetKeyPolicy',
        'kms:ScheduleKeyDeletion',
      ]),
      CancelDeletion: step('CancelDeletion', 'Cancels the deletion of the KMS keys of a key', [
        'kms:DescribeKey',
        'kms:CancelKeyDeletion',
      ]),
      DiscardVersion: step(
        'DiscardVersion',
        'Puts a version that was never activated on its way to deletion',
        ['kms:DescribeKey', 'kms:ScheduleKeyDeletion'],
      ),
      CompleteRequest: step('CompleteRequest', 'Commits what a request has achieved'),
      FailRequest: step('FailRequest', 'Commits that a request has failed'),
    };

    const { CreateVersion, BindAlias, DiscardVersion, PrepareRequest, RestrictVersion, ScheduleDeletion } =
      this.#lambdas;
    managedKeys.grantCreation(CreateVersion);
    managedKeys.grantNaming(BindAlias, ['kms:CreateAlias', 'kms:UpdateAlias']);
    managedKeys.grantNaming(DiscardVersion, ['kms:DeleteAlias']);
    managedKeys.grantListing(PrepareRequest, ['kms:ListAliases']);
    managedKeys.grantListing(BindAlias, ['kms:ListAliases']);
    managedKeys.grantListing(CreateVersion, ['tag:GetResources']);
    managedKeys.grantListing(DiscardVersion, ['kms:ListAliases']);

    for (const [stepId, lambda] of this.entries()) {
      registry.grantWrite(lambda, writes[stepId] ?? []);
    }

    for (const lambda of [CreateVersion, RestrictVersion]) this.tellRoles(lambda);
    ScheduleDeletion.addEnvironment('PROTECTED_KEY_ARNS', JSON.stringify(stage.protectedKeyArns));
  }

  of(id: StepId): LambdaFunction {
    return this.#lambdas[id];
  }

  entries(): readonly (readonly [StepId, LambdaFunction])[] {
    return Object.entries(this.#lambdas) as [StepId, LambdaFunction][];
  }

  /** The roles of all steps as a JSON list: what they do in KMS is no tampering. */
  roleArns(): string {
    return Stack.of(this).toJsonString(this.entries().map(([, lambda]) => roleArn(lambda)));
  }

  /** Tells a Lambda which roles the policy of a managed key names. */
  tellRoles(lambda: LambdaFunction): void {
    const steps = this.#lambdas;
    const roles = Stack.of(this).toJsonString({
      create: roleArn(steps.CreateVersion),
      alias: roleArn(steps.BindAlias),
      probe: roleArn(steps.ProbeVersion),
      rotate: roleArn(steps.RotateInPlace),
      restrict: roleArn(steps.RestrictVersion),
      disable: roleArn(steps.DisableKey),
      enable: roleArn(steps.EnableKey),
      scheduleDeletion: roleArn(steps.ScheduleDeletion),
      cancelDeletion: roleArn(steps.CancelDeletion),
      discard: roleArn(steps.DiscardVersion),
      evidence: roleArn(steps.PrepareRequest),
      ...(this.#breakGlassRoleArn !== undefined && { breakGlass: this.#breakGlassRoleArn }),
    });
    lambda.addEnvironment('MANAGED_KEY_ROLES', roles);
  }
}

function roleArn(lambda: LambdaFunction): string {
  if (lambda.role === undefined) throw new Error(`${lambda.node.path} has no role`);
  return lambda.role.roleArn;
}
