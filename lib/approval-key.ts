import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Stage } from './stage.ts';

/**
 * The KMS key that vouches for decisions. It protects Keyward: no step may touch it, and neither may anybody delete it
 * or change what it is for but the break-glass role and the account's root.
 */
export class ApprovalKey extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.arn = stage.name === 'local' ? stage.localApprovalKeyArn : this.#made(stage.breakGlassRoleArn);
  }

  /** Sign decisions. The Lambdas that take them, and no others. */
  grantSign(lambda: LambdaFunction): void {
    this.#grant(lambda, 'kms:Sign');
  }

  /** Hand out the public half, which verifies what was signed. */
  grantPublicKey(lambda: LambdaFunction): void {
    this.#grant(lambda, 'kms:GetPublicKey');
  }

  #grant(lambda: LambdaFunction, action: 'kms:Sign' | 'kms:GetPublicKey'): void {
    lambda.addEnvironment('APPROVAL_KEY_ARN', this.arn);
    lambda.addToRolePolicy(new PolicyStatement({ actions: [action], resources: [this.arn] }));
  }

  /** On the local AWS it would be made in another KMS than the one that Keyward calls, and comes from outside. */
  #made(breakGlassRoleArn: string | undefined): string {
    const key = new Key(this, 'Key', {
      description: 'Keyward: signs every decision of an approver',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OnlyInAnEmergency',
        effect: Effect.DENY,
        principals: [new StarPrincipal()],
        actions: ['kms:ScheduleKeyDeletion', 'kms:DisableKey'],
        resources: ['*'],
        conditions: {
          ArnNotLike: {
            'aws:PrincipalArn': [
              `arn:${Stack.of(this).partition}:iam::${Stack.of(this).account}:root`,
              ...(breakGlassRoleArn === undefined ? [] : [breakGlassRoleArn]),
            ],
          },
        },
      }),
    );
    return key.keyArn;
  }
}
