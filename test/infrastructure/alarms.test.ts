import { readFileSync } from 'node:fs';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { tamperingRules } from '../../lambdas/domain/tampering-rules.ts';
import { textOf } from './permissions.ts';
import { deployed } from './synthesis.ts';

const alarmSchema = z.object({
  Properties: z.object({
    AlarmDescription: z.string(),
    AlarmActions: z.array(z.unknown()).min(1),
    MetricName: z.string(),
    Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
  }),
});

const alarms = Object.entries(deployed().findResources('AWS::CloudWatch::Alarm')).map(([id, alarm]) =>
  Object.assign(alarmSchema.parse(alarm).Properties, { logicalId: id }),
);

const queueSchema = z.object({ Properties: z.object({ RedrivePolicy: z.unknown().optional() }) });

/** The anchors that the headings of a page have on GitHub. */
function anchorsOf(page: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('every alarm', () => {
  it('is told', () => {
    expect(alarms.length).toBeGreaterThan(10);
    for (const { logicalId, AlarmActions } of alarms) {
      expect(AlarmActions.map(textOf)[0], logicalId).toMatch(/^<AlertsTopic/);
    }
  });

  it.each(alarms)('says what it means and where to read on: $logicalId', ({ AlarmDescription }) => {
    const [, impact, page, anchor] =
      /^(.{20,}\.) Runbook: (docs\/[\w/]+\.md)#([\w-]+)$/.exec(AlarmDescription) ?? [];
    expect(impact).toBeDefined();
    expect(anchorsOf(page ?? '')).toContain(anchor);
  });

  it('rings for each queue of what could not be handled', () => {
    const queues = Object.entries(deployed().findResources('AWS::SQS::Queue'))
      .filter(([, queue]) => queueSchema.parse(queue).Properties.RedrivePolicy === undefined)
      .map(([logicalId]) => `<${logicalId}.QueueName>`);
    const watched = alarms
      .filter(({ MetricName }) => MetricName === 'ApproximateNumberOfMessagesVisible')
      .map(({ Dimensions }) => textOf(Dimensions[0]?.Value));
    expect(queues.length).toBeGreaterThan(3);
    expect(watched.toSorted()).toEqual(queues.toSorted());
  });

  it('rings for each machine', () => {
    const machines = Object.keys(deployed().findResources('AWS::StepFunctions::StateMachine'));
    const watched = alarms
      .filter(({ MetricName }) => MetricName === 'ExecutionsFailed')
      .map(({ Dimensions }) => textOf(Dimensions[0]?.Value));
    expect(watched.toSorted()).toEqual(machines.map((logicalId) => `<${logicalId}>`).toSorted());
  });
});

describe('the alert topic', () => {
  it('is open to alarms: a topic with a policy takes nothing that the policy leaves out', () => {
    deployed().hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
          }),
        ]),
      },
    });
  });

  it('has no key that could be taken away from it', () => {
    deployed().allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.absent() });
  });
});

describe('the channels of detection', () => {
  const watched = [...new Set(tamperingRules.map(({ event }) => event))].toSorted();

  it('hear of changes within seconds', () => {
    deployed().hasResourceProperties('AWS::Events::Rule', {
      State: 'ENABLED',
      EventPattern: {
        source: ['aws.kms'],
        'detail-type': ['AWS API Call via CloudTrail', 'AWS Service Event via CloudTrail'],
        detail: { eventSource: ['kms.amazonaws.com'], eventName: watched },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: { Arn: Match.anyValue() } })],
    });
  });

  it('read the trail of every Region, which records every call and cannot be altered unseen', () => {
    deployed().hasResourceProperties('AWS::CloudTrail::Trail', {
      IsLogging: true,
      IsMultiRegionTrail: true,
      EnableLogFileValidation: true,
      EventSelectors: [{ IncludeManagementEvents: true, ReadWriteType: 'All' }],
    });
  });

  it('keep the trail closed, versioned and told file by file', () => {
    deployed().hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      NotificationConfiguration: {
        QueueConfigurations: [Match.objectLike({ Event: 's3:ObjectCreated:*' })],
      },
    });
    deployed().allResourcesProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });
});
