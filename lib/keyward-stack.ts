import { CfnOutput, Duration, Stack, type StackProps, Tags, Validations } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { Alarms, fiveMinutes } from './alarms.ts';
import { AlertTopic, TamperDetection } from './alerts.ts';
import { Api } from './api.ts';
import { ApprovalKey } from './approval-key.ts';
import { Approvals, Portal } from './approvals.ts';
import { Dispatch } from './dispatch.ts';
import { Emergency } from './emergency.ts';
import { LambdaBundles } from './lambda-bundles.ts';
import { LambdaFactory } from './lambda-factory.ts';
import { ManagedKeys } from './managed-keys.ts';
import { type KeywardOutputs, outputNames } from './outputs.ts';
import { Registry } from './registry.ts';
import { Slack } from './slack.ts';
import { type Stage, slackOf } from './stage.ts';
import { Steps } from './steps.ts';
import { Sweep } from './sweep.ts';
import { TrailDetection } from './trail.ts';
import { operations, Workflows } from './workflows.ts';

interface KeywardStackProps extends StackProps {
  readonly stage: Stage;
}

/** All of Keyward in one account and Region. */
export class KeywardStack extends Stack {
  constructor(scope: Construct, id: string, { stage, ...props }: KeywardStackProps) {
    super(scope, id, { ...props, terminationProtection: stage.name === 'deployed' });
    Tags.of(this).add('service', 'keyward');
    if (stage.name === 'deployed' && stage.examples.length > 0) {
      Validations.of(this).addWarning(
        'keyward:ExampleSettings',
        `These settings hold examples: ${stage.examples.join(', ')}. Give your own before you deploy: -c ${stage.examples[0]}=...`,
      );
    }

    const lambdas = new LambdaFactory(stage, new LambdaBundles(this, stage));
    const registry = new Registry(this, 'Registry');
    const managedKeys = new ManagedKeys(this, stage);
    const approvalKey = new ApprovalKey(this, 'ApprovalKey', stage);
    const { topic } = new AlertTopic(this, 'Alerts', stage);

    const steps = new Steps(this, 'Steps', { stage, lambdas, registry, managedKeys });
    const emergency = new Emergency(this, 'Emergency', { stage, lambdas, registry, managedKeys, steps });
    const portal = new Portal(this, 'Portal', { stage, lambdas, registry, approvalKey });
    emergency.grantStop(portal.lambda);
    const slackSettings = slackOf(stage);
    const slack =
      slackSettings &&
      new Slack(this, 'Slack', { stage, slack: slackSettings, lambdas, registry, approvalKey });
    const api = new Api(this, 'Api', {
      stage,
      lambdas,
      registry,
      approvalKey,
      portal: portal.lambda,
      emergency: emergency.lambda,
      slackDoor: slack?.door,
    });
    const portalUrl = `${api.people.url}/portal`;
    const linking = [portal.lambda, api.decisions, ...(slack ? slack.linking : [])];
    for (const lambda of linking) lambda.addEnvironment('PORTAL_URL', portalUrl);

    const approvals = new Approvals(this, 'Approvals', { stage, lambdas, registry, portalUrl });
    const workflows = new Workflows(this, 'Workflows', {
      stage,
      lambdas: new Map<string, ReturnType<Steps['of']>>([
        ...steps.entries(),
        ['OpenApproval', approvals.open],
        ['ReadOutcome', approvals.readOutcome],
      ]),
    });
    const dispatch = new Dispatch(this, 'Dispatch', { lambdas, registry, workflows });
    const sweep = new Sweep(this, 'Sweep', {
      stage,
      lambdas,
      registry,
      managedKeys,
      steps,
      workflows,
      topic,
    });

    const detection = { stage, lambdas, registry, steps, topic };
    const tampering = new TamperDetection(this, 'TamperDetection', detection);
    const trail = new TrailDetection(this, 'TrailDetection', detection);

    this.#addAlarms(new Alarms(this, 'Alarms', topic), {
      api,
      workflows,
      dispatch,
      sweep,
      tampering,
      trail,
      slack,
    });
    this.#addOutputs({
      PeopleApiUrl: api.people.url,
      PeopleApiId: api.people.api.restApiId,
      MachineApiUrl: api.machines.url,
      MachineApiId: api.machines.api.restApiId,
      PortalUrl: portalUrl,
      EmergencyFunctionName: emergency.direct.functionName,
      ApprovalKeyArn: approvalKey.arn,
      TableName: registry.table.tableName,
      TrailBucketName: trail.bucket.bucketName,
      TrailPrefix: trail.prefix,
      AlertTopicArn: topic.topicArn,
      GenerateMachineArn: workflows.byOperation.generate.stateMachineArn,
      RotateMachineArn: workflows.byOperation.rotate.stateMachineArn,
      RevokeMachineArn: workflows.byOperation.revoke.stateMachineArn,
      DestroyMachineArn: workflows.byOperation.destroy.stateMachineArn,
      ApprovalMachineArn: workflows.approval.stateMachineArn,
    });
  }

  #addAlarms(alarms: Alarms, parts: AlarmedParts): void {
    const { api, workflows, dispatch, sweep, tampering, trail, slack } = parts;
    const lying = (queue: Dispatch['deadLetters']) =>
      queue.metricApproximateNumberOfMessagesVisible({ period: fiveMinutes, statistic: 'Maximum' });

    for (const operation of operations) {
      alarms.add(`${operation}Failed`, {
        metric: workflows.byOperation[operation].metricFailed({ period: fiveMinutes }),
        impact: `An execution of ${operation} failed: a request may stand still and hold its key.`,
        runbook: 'execution-failed',
      });
    }
    alarms.add('approvalFailed', {
      metric: workflows.approval.metricFailed({ period: fiveMinutes }),
      impact: 'An approval failed: its request ends without a decision.',
      runbook: 'execution-failed',
    });
    alarms.add('dispatchDeadLetters', {
      metric: lying(dispatch.deadLetters),
      impact: 'Written requests were not moved on: they wait for the sweep, minutes instead of seconds.',
      runbook: 'dispatch-dead-letters',
    });
    alarms.add('dispatchLate', {
      metric: dispatch.lambda.metric('IteratorAge', { period: fiveMinutes, statistic: 'Maximum' }),
      impact: 'Requests start late: the stream of the table is minutes behind.',
      runbook: 'dispatch-late',
      threshold: 120_000,
    });
    alarms.add('sweepErrors', {
      metric: sweep.lambda.metricErrors({ period: fiveMinutes }),
      impact: 'Due rotations, expiries and observed deletions are late.',
      runbook: 'sweep-fails',
      threshold: 3,
    });
    alarms.add('sweepSilent', {
      metric: sweep.lambda.metricInvocations({ period: fiveMinutes }),
      impact: 'The sweep does not run: nothing becomes due, expires or is restarted.',
      runbook: 'sweep-fails',
      below: true,
      periods: 2,
    });
    const own = (metricName: string, statistic: string, period = fiveMinutes) =>
      new Metric({
        namespace: 'Keyward',
        metricName,
        dimensionsMap: { service: 'keyward' },
        period,
        statistic,
      });
    // Two runs that meet may each count the other's; what cannot be tended is counted every minute.
    alarms.add('dueNotTended', {
      metric: own('DueNotTended', 'Sum', Duration.minutes(15)),
      impact:
        'A key or request that is due cannot be tended: a rotation, an expiry or an end is not seen to.',
      runbook: 'sweep-fails',
      threshold: 5,
    });
    alarms.add('oldestWaitingApproval', {
      metric: own('OldestWaitingApproval', 'Maximum'),
      impact: 'A request has waited four days for its approval, past its reminders and its escalation.',
      runbook: 'approval-waits',
      threshold: Duration.days(4).toSeconds(),
    });
    alarms.add('orphansErrors', {
      metric: sweep.orphans.metricErrors({ period: Duration.hours(1) }),
      impact: 'KMS keys that a lost attempt made are not discarded: they cost and are not in the registry.',
      runbook: 'sweep-fails',
    });
    alarms.add('sweepDeadLetters', {
      metric: lying(sweep.deadLetters),
      impact: 'The scheduler could not start the sweep or the search for orphans.',
      runbook: 'sweep-fails',
    });
    if (slack !== undefined) {
      alarms.add('slackDeadLetters', {
        metric: lying(slack.deadLetters),
        impact:
          'Messages in Slack were not changed, or clicks not answered: the page and the mail still work.',
        runbook: 'slack-dead-letters',
      });
      alarms.add('slackBehind', {
        metric: slack.catchUp.metricErrors({ period: Duration.minutes(15) }),
        impact: 'Requests are not shown in Slack, or not as they are: the page and the mail still work.',
        runbook: 'slack-behind',
        threshold: 2,
      });
    }
    alarms.add('tamperingDeadLetters', {
      metric: lying(tampering.deadLetters),
      impact: 'Changes of managed keys were seen and nobody was told.',
      runbook: 'detection-dead-letters',
    });
    alarms.add('trailDeadLetters', {
      metric: lying(trail.deadLetters),
      impact: 'Files of CloudTrail were not read: the second channel of detection has gaps.',
      runbook: 'detection-dead-letters',
    });
    for (const [name, door] of [
      ['people', api.people],
      ['machine', api.machines],
    ] as const) {
      alarms.add(`${name}ApiErrors`, {
        metric: door.api.metricServerError({ period: fiveMinutes, statistic: 'Sum' }),
        impact: `The API for ${name === 'people' ? 'people' : 'machines'} answers with server errors.`,
        runbook: 'api-errors',
        threshold: 5,
      });
    }
  }

  #addOutputs(outputs: KeywardOutputs): void {
    for (const name of outputNames) new CfnOutput(this, name, { value: outputs[name] });
  }
}

interface AlarmedParts {
  readonly api: Api;
  readonly workflows: Workflows;
  readonly dispatch: Dispatch;
  readonly sweep: Sweep;
  readonly tampering: TamperDetection;
  readonly trail: TrailDetection;
  readonly slack: Slack | undefined;
}
