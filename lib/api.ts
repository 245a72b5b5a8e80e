import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { CfnAccount, IdentitySource, RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { ApprovalKey } from './approval-key.ts';
import { grantDirectory } from './directory.ts';
import { Door } from './door.ts';
import type { LambdaFactory } from './lambda-factory.ts';
import type { Partition, Registry } from './registry.ts';
import type { Stage } from './stage.ts';

/** A no to a key that never came to life gives its alias back. */
const writtenByDecision: readonly Partition[] = ['KEY#', 'REQUEST#', 'DECISION#', 'ALIAS#'];

/** What it takes to take a decision: the page and the API do it alike. */
export function grantDeciding(
  lambda: LambdaFunction,
  { stage, registry, approvalKey }: Pick<ApiProps, 'stage' | 'registry' | 'approvalKey'>,
): void {
  registry.grantWrite(lambda, writtenByDecision);
  // The passkey that signed is still its person's.
  registry.grantCheck(lambda, ['PASSKEY#']);
  approvalKey.grantSign(lambda);
  grantDirectory(lambda, stage);
}

interface ApiProps {
  readonly stage: Stage;
  readonly lambdas: LambdaFactory;
  readonly registry: Registry;
  readonly approvalKey: ApprovalKey;
  readonly portal: LambdaFunction;
  readonly emergency: LambdaFunction;
  readonly slackDoor: LambdaFunction | undefined;
}

/** The two doors to the same routes: people with a token of the issuer, machines with SigV4. */
export class Api extends Construct {
  readonly people: Door;
  readonly machines: Door;
  readonly decisions: LambdaFunction;

  constructor(
    scope: Construct,
    id: string,
    { stage, lambdas, registry, approvalKey, portal, emergency, slackDoor }: ApiProps,
  ) {
    super(scope, id);
    const api = lambdas.create(this, 'Api', {
      does: 'Answers for keys and requests: submit, read, list, cancel',
      timeout: Duration.seconds(15),
    });
    registry.grantWrite(api, ['KEY#', 'REQUEST#', 'ALIAS#', 'IDEMPOTENCY#']);
    // Whether anybody could approve what is asked for.
    grantDirectory(api, stage);
    // For exports, which are verified with it.
    approvalKey.grantPublicKey(api);

    this.decisions = lambdas.create(this, 'Decisions', {
      does: 'Takes the decisions of approvers who use the API',
      timeout: Duration.seconds(15),
    });
    grantDeciding(this.decisions, { stage, registry, approvalKey });
    registry.grantWrite(this.decisions, ['IDEMPOTENCY#']);

    const authorizer = new RequestAuthorizer(this, 'People', {
      handler: lambdas.create(this, 'Authorizer', {
        does: 'Verifies the token of a person',
        timeout: Duration.seconds(10),
        environment: signInEnvironment(stage),
      }),
      identitySources: [IdentitySource.header('Authorization')],
      // Never from a cache: whoever leaves a group must not approve for as long as an answer is kept.
      resultsCacheTtl: Duration.seconds(0),
    });

    const common = {
      stage,
      lambdas: {
        Api: api,
        Decisions: this.decisions,
        EmergencyRevoke: emergency,
        Portal: portal,
        ...(slackDoor && { SlackDoor: slackDoor }),
      },
      logging: this.#logging(),
    };
    this.people = new Door(this, 'PeopleApi', {
      ...common,
      name: 'people',
      does: 'Keyward for people',
      authorization: authorizer,
    });
    this.machines = new Door(this, 'MachineApi', {
      ...common,
      name: 'machines',
      does: 'Keyward for machines',
      authorization: 'IAM',
    });
  }

  /** The role with which API Gateway writes its logs: one for the account and Region. */
  #logging(): CfnAccount {
    const role = new Role(this, 'LoggingRole', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      // Part of the role and not a policy beside it, so that both stay when the stack goes.
      inlinePolicies: { WriteLogs: new PolicyDocument({ statements: [writeLogs] }) },
    });
    acknowledge(role, {
      'IAM5[Resource::*]':
        'API Gateway takes one role for all APIs of the account and makes up its log groups’ names.',
    });
    const account = new CfnAccount(this, 'Logging', { cloudWatchRoleArn: role.roleArn });
    // Other APIs of the account may log by it by then.
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    account.applyRemovalPolicy(RemovalPolicy.RETAIN);
    account.node.addDependency(role);
    return account;
  }
}

const writeLogs = new PolicyStatement({
  actions: [
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:DescribeLogGroups',
    'logs:DescribeLogStreams',
    'logs:PutLogEvents',
    'logs:GetLogEvents',
    'logs:FilterLogEvents',
  ],
  resources: ['*'],
});

export function signInEnvironment({ issuer, audience }: Stage): Readonly<Record<string, string>> {
  return { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience };
}
