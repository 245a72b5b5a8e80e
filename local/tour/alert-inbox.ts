import { randomUUID } from 'node:crypto';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { clientConfig } from '../stage/account.ts';

/** An alert as a subscriber of the topic gets it: what happened, to read. */
export interface Alert {
  readonly text: string;
}

/** Subscribes a queue to the alert topic. What the returned function is called for is all that has arrived so far. */
export async function alertInbox(
  config: ReturnType<typeof clientConfig>,
  topicArn: string,
): Promise<() => Promise<readonly Alert[]>> {
  const sqs = new SQSClient(config);
  const { QueueUrl: url } = await sqs.send(new CreateQueueCommand({ QueueName: `alerts-${randomUUID()}` }));
  const { Attributes: attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  await new SNSClient(config).send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: attributes?.QueueArn,
      Attributes: { RawMessageDelivery: 'true' },
    }),
  );
  const arrived: Alert[] = [];
  return async () => {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    for (const { Body: body, ReceiptHandle: handle } of messages) {
      arrived.push({ text: body ?? '' });
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle }));
    }
    return arrived;
  };
}
