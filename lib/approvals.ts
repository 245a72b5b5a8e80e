import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { grantDeciding, signInEnvironment } from './api.ts';
import type { ApprovalKey } from './approval-key.ts';
import type { LambdaFactory } from './lambda-factory.ts';
import { logRemoval } from './logs.ts';
import type { Registry } from './registry.ts';
import type { Stage } from './stage.ts';

interface PortalProps {
  readonly stage: Stage;
  readonly lambdas: LambdaFactory;
  readonly registry: Registry;
  readonly approvalKey: ApprovalKey;
}

/** The page on which approvers sign in, see what they are asked, and decide. */
export class Portal extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, { stage, lambdas, registry, approvalKey }: PortalProps) {
    super(scope, id);
    const sessionSecret = new Secret(this, 'SessionSecret', {
      description: 'Seals the sessions of the page for approvers. A new value ends all sessions.',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: logRemoval(stage),
    });
    acknowledge(sessionSecret, {
      SMG4: 'Sessions last minutes; a new value signs everybody out, which is done by hand when it has to be.',
    });
    this.lambda = lambdas.create(this, 'Portal', {
      does: 'The page for approvers: sign in, read, decide',
      // Stopping a key in an emergency is waited for; the gateway waits for 29 seconds.
      timeout: Duration.seconds(28),
      environment: {
        ...signInEnvironment(stage),
        ...(stage.stepUpAcr === undefined ? {} : { OIDC_STEP_UP_ACR: stage.stepUpAcr }),
        SESSION_SECRET_ARN: sessionSecret.secretArn,
      },
    });
    this.lambda.addToRolePolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [sessionSecret.secretArn],
      }),
    );
    grantDeciding(this.lambda, { stage, registry, approvalKey });
    // Enrols passkeys, keeps absences, makes the code that links a Slack account, and unlinks one.
    registry.grantWrite(this.lambda, ['PASSKEY#', 'PERSON#', 'SLACKCODE#', 'SLACKPERSON#', 'SLACKUSER#']);
  }
}

interface ApprovalsProps extends Omit<PortalProps, 'approvalKey'> {
  readonly portalUrl: string;
}

/** The two Lambdas that the approval machine calls. */
export class Approvals extends Construct {
  readonly open: LambdaFunction;
  readonly readOutcome: LambdaFunction;

  constructor(scope: Construct, id: string, { stage, lambdas, registry, portalUrl }: ApprovalsProps) {
    super(scope, id);
    this.open = lambdas.create(this, 'OpenApproval', {
      does: 'Opens an approval and tells those who may decide',
      timeout: Duration.seconds(30),
      environment: { MAIL_FROM: stage.mailFrom, PORTAL_URL: portalUrl },
    });
    registry.grantWrite(this.open, ['KEY#', 'REQUEST#', 'TOKEN#']);
    this.#grantMail(this.open, stage.mailFrom);

    this.readOutcome = lambdas.create(this, 'ReadOutcome', {
      does: 'Reads what was decided, and records that nothing was in time',
      timeout: Duration.seconds(30),
    });
    registry.grantWrite(this.readOutcome, ['KEY#', 'REQUEST#', 'ALIAS#']);
  }

  #grantMail(lambda: LambdaFunction, sender: string): void {
    const identity = (resourceName: string) =>
      Stack.of(this).formatArn({ service: 'ses', resource: 'identity', resourceName });
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions: ['ses:SendEmail'],
        // SES knows the sender by the address or by its domain, whichever is verified.
        resources: [identity(sender), identity(sender.slice(sender.lastIndexOf('@') + 1))],
        conditions: { StringEquals: { 'ses:FromAddress': sender } },
      }),
    );
  }
}
