import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Aws, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  type CfnStateMachine,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { createVendedLogGroup } from './logs.ts';
import type { Stage } from './stage.ts';

/** The machines that a request starts, by the name of the file in `statemachines/`. */
export const operations = ['generate', 'rotate', 'revoke', 'destroy'] as const;
export type Operation = (typeof operations)[number];

const definitions = new URL('../statemachines/', import.meta.url);

interface WorkflowProps {
  readonly stage: Stage;
  /** The Lambdas that the definitions name, as in `${PrepareRequest}`. */
  readonly lambdas: ReadonlyMap<string, LambdaFunction>;
}

/** The five state machines. What each may call is what its definition names: nothing is listed twice. */
export class Workflows extends Construct {
  readonly approval: StateMachine;
  readonly byOperation: Readonly<Record<Operation, StateMachine>>;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    this.approval = this.#machine('approval', props);
    this.byOperation = {
      generate: this.#machine('generate', props),
      rotate: this.#machine('rotate', props),
      revoke: this.#machine('revoke', props),
      destroy: this.#machine('destroy', props),
    };
  }

  /** Start the machine of any operation, and know where the machines are. */
  grantStart(lambda: LambdaFunction): void {
    for (const operation of operations) {
      lambda.addEnvironment(
        `${operation.toUpperCase()}_MACHINE_ARN`,
        this.byOperation[operation].stateMachineArn,
      );
    }
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions: ['states:StartExecution'],
        resources: operations.map((operation) => this.byOperation[operation].stateMachineArn),
      }),
    );
  }

  /** Look at the executions of every operation. */
  grantDescribe(lambda: LambdaFunction): void {
    const machines = operations.map((operation) => this.byOperation[operation]);
    lambda.addToRolePolicy(
      new PolicyStatement({ actions: ['states:DescribeExecution'], resources: machines.map(executionsOf) }),
    );
    acknowledgeExecutions(lambda.role, machines);
  }

  /** Wake an approval that waits for its decision. */
  grantWake(lambda: LambdaFunction): void {
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions: ['states:SendTaskSuccess'],
        resources: [this.approval.stateMachineArn],
      }),
    );
  }

  #machine(name: Operation | 'approval', { stage, lambdas }: WorkflowProps): StateMachine {
    const file = fileURLToPath(new URL(`${name}.asl.json`, definitions));
    const called = placeholdersOf(file);
    const constructId = name.charAt(0).toUpperCase() + name.slice(1);
    const role = new Role(this, `${constructId}Role`, {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
    });
    const substitutions: Record<string, string> = {};
    for (const placeholder of called) {
      if (placeholder === 'Approval') substitutions[placeholder] = this.#grantChild(role);
      else substitutions[placeholder] = grantInvoke(role, placeholder, lambdas);
    }
    const machine = new StateMachine(this, constructId, {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromFile(file),
      definitionSubstitutions: substitutions,
      role,
      logs: {
        destination: createVendedLogGroup(this, `${constructId}Logs`, stage, 'states'),
        level: LogLevel.ALL,
        // Payloads carry ids only, but an input is what a caller made of it.
        includeExecutionData: false,
      },
      tracingEnabled: true,
    });
    acknowledge(role, {
      'IAM5[Resource::*]':
        'IAM knows no resources for the delivery of logs and traces, which AWS does itself.',
    });
    return machine;
  }

  /** What `startExecution.sync:2` of the approval asks for. Returns the machine's ARN. */
  #grantChild(role: Role): string {
    const rule = Stack.of(this).formatArn({
      service: 'events',
      resource: 'rule',
      resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
    });
    const statements: [actions: string[], resource: string][] = [
      [['states:StartExecution'], this.approval.stateMachineArn],
      [['states:DescribeExecution', 'states:StopExecution'], executionsOf(this.approval)],
      [['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], rule],
    ];
    for (const [actions, resource] of statements) {
      role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
    }
    acknowledgeExecutions(role, [this.approval]);
    return this.approval.stateMachineArn;
  }
}

/** The names in `${...}` of a definition. */
export function placeholdersOf(file: string): readonly string[] {
  return [
    ...new Set(Array.from(readFileSync(file, 'utf8').matchAll(/\$\{(\w+)\}/g), ([, name]) => name ?? '')),
  ];
}

function grantInvoke(role: Role, name: string, lambdas: ReadonlyMap<string, LambdaFunction>): string {
  const lambda = lambdas.get(name);
  if (lambda === undefined)
    throw new Error(`DEFINITION_UNKNOWN_NAME: \${${name}} in a state machine names no Lambda.`);
  role.addToPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] }),
  );
  return lambda.functionArn;
}

function executionsOf(machine: StateMachine): string {
  return `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:execution:${machine.stateMachineName}:*`;
}

function acknowledgeExecutions(role: IRole | undefined, machines: readonly StateMachine[]): void {
  if (role === undefined) return;
  for (const machine of machines) {
    const name = `<${Stack.of(machine).getLogicalId(machine.node.defaultChild as CfnStateMachine)}.Name>`;
    acknowledge(role, {
      [`IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${name}:*]`]:
        'Executions get their names when they are started: these are the executions of one machine.',
    });
  }
}
