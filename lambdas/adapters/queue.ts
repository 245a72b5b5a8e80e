import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { awsCall } from './aws-call.ts';
import { timeouts } from './timeouts.ts';

/** For callers that somebody waits for. */
export function sqsClient(): SQSClient {
  return new SQSClient({ maxAttempts: 2, requestHandler: timeouts });
}

/** Leaves something for later. Throws BackendBusy or BackendRefused; sent twice it is done twice. */
export function queueSender(client: Pick<SQSClient, 'send'>, queueUrl: string) {
  return async (message: object): Promise<void> => {
    const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) });
    await awsCall('sqs:SendMessage', () => client.send(command));
  };
}
