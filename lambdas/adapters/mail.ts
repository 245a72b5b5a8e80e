import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { awsCall } from './aws-call.ts';
import { timeouts } from './timeouts.ts';

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export type SendMail = (mail: Mail) => Promise<void>;

export function sesClient(): SESv2Client {
  return new SESv2Client({
    maxAttempts: 4,
    requestHandler: timeouts,
  });
}

/** Sends one mail to each address apart, so that nobody learns who else was told. SES may deliver a mail twice. */
export function mailSender(client: SESv2Client, from: string): SendMail {
  return async ({ to, subject, text, html }) => {
    for (const address of to) {
      await awsCall('ses:SendEmail', () =>
        client.send(
          new SendEmailCommand({
            FromEmailAddress: from,
            Destination: { ToAddresses: [address] },
            Content: {
              Simple: {
                Subject: { Data: subject, Charset: 'UTF-8' },
                Body: { Text: { Data: text, Charset: 'UTF-8' }, Html: { Data: html, Charset: 'UTF-8' } },
              },
            },
          }),
        ),
      );
    }
  };
}
