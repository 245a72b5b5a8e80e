import { Aws, type Duration, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { LambdaBundles } from './lambda-bundles.ts';
import type { LambdaId } from './lambda-entries.ts';
import { createLogGroup } from './logs.ts';
import type { Stage } from './stage.ts';

export interface LambdaProps {
  readonly does: string;
  readonly timeout: Duration;
  readonly environment?: Readonly<Record<string, string>>;
  /** The role of another Lambda, for one that does the same to managed keys. By default each has its own. */
  readonly role?: IRole;
}

/** Makes every Lambda of the stack, all alike but for what they may do: that is granted where the resource is. */
export class LambdaFactory {
  readonly #stage: Stage;
  readonly #bundles: LambdaBundles;

  constructor(stage: Stage, bundles: LambdaBundles) {
    this.#stage = stage;
    this.#bundles = bundles;
  }

  create(scope: Construct, id: LambdaId, props: LambdaProps): LambdaFunction {
    const logGroup = createLogGroup(scope, `${id}Logs`, this.#stage);
    const role = props.role ?? createRole(scope, id, props.does);
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    return new LambdaFunction(scope, id, {
      description: props.does,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: this.#bundles.codeOf(id),
      memorySize: 512,
      timeout: props.timeout,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      environment: { POWERTOOLS_SERVICE_NAME: 'keyward', ...props.environment, ...this.#local(id) },
    });
  }

  #local(id: LambdaId): Readonly<Record<string, string>> {
    if (this.#stage.name !== 'local') return {};
    return {
      AWS_ENDPOINT_URL_KMS: this.#stage.localKmsUrl,
      AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API: this.#stage.localKmsUrl,
      AWS_ENDPOINT_URL_IDENTITYSTORE: this.#stage.localDirectoryUrl,
      KEYWARD_LOCAL_CLOCK_URL: this.#stage.localClockUrl,
      // Lambdas of the local AWS share one credential: the local KMS tells their roles apart by this.
      AWS_SDK_UA_APP_ID: id,
    };
  }
}

function createRole(scope: Construct, id: LambdaId, does: string): Role {
  const role = new Role(scope, `${id}Role`, {
    // The policy of every managed key names these roles. A name that CloudFormation makes up changes with a
    // refactoring or a new stack, and the keys, which outlive both, would then refuse Keyward itself.
    roleName: `${Stack.of(scope).stackName}-${id}-${Aws.REGION}`,
    description: `Keyward: ${does}`,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  acknowledge(role, { 'IAM5[Resource::*]': 'X-Ray takes trace segments, which are no resource.' });
  return role;
}
