import { Duration } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { grantDirectory } from './directory.ts';
import type { LambdaFactory } from './lambda-factory.ts';
import type { ManagedKeys } from './managed-keys.ts';
import type { Registry } from './registry.ts';
import type { Stage } from './stage.ts';
import type { Steps } from './steps.ts';

interface EmergencyProps {
  readonly stage: Stage;
  readonly lambdas: LambdaFactory;
  readonly registry: Registry;
  readonly managedKeys: ManagedKeys;
  readonly steps: Steps;
}

/** The way in which a custodian stops a key at once, without Step Functions, mail or Slack. */
export class Emergency extends Construct {
  /** Behind the API, and invoked by the page. */
  readonly lambda: LambdaFunction;
  /** Invoked by hand, when nothing else works. */
  readonly direct: LambdaFunction;

  constructor(scope: Construct, id: string, props: EmergencyProps) {
    super(scope, id);
    const { stage, lambdas, registry, managedKeys, steps } = props;
    // They disable as the step does, and the key policies, those of older keys too, know one role for that.
    const { role } = steps.of('DisableKey');
    const common = { timeout: Duration.seconds(28), ...(role && { role }) };
    this.lambda = lambdas.create(this, 'EmergencyRevoke', {
      does: 'Stops a key at once for a custodian; the quorum ratifies afterwards',
      ...common,
    });
    grantDirectory(this.lambda, stage);
    this.direct = lambdas.create(this, 'EmergencyDirect', {
      does: 'Stops a key at once for whoever may invoke it, when everything else is down',
      ...common,
    });
    for (const lambda of [this.lambda, this.direct]) {
      registry.grantWrite(lambda, ['KEY#', 'REQUEST#']);
      grantCall(lambda, 'PROBE_FUNCTION_NAME', steps.of('ProbeVersion'));
    }
    managedKeys.grant(this.lambda, ['kms:DescribeKey', 'kms:DisableKey']);

    new ManagedPolicy(this, 'EmergencyCustodian', {
      description:
        'For people who stop keys when nothing but KMS, the table and one function works: invokes that function, with a second factor.',
      statements: [
        new PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          // Not the one behind the API and the page: it believes what it is told of who has signed in.
          resources: [this.direct.functionArn],
          conditions: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
        }),
      ],
    });
  }

  /** Stop keys for somebody who has signed in there. */
  grantStop(lambda: LambdaFunction): void {
    grantCall(lambda, 'EMERGENCY_FUNCTION_NAME', this.lambda);
  }
}

function grantCall(caller: LambdaFunction, variable: string, called: LambdaFunction): void {
  caller.addEnvironment(variable, called.functionName);
  caller.addToRolePolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [called.functionArn] }),
  );
}
