import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { awsCall } from './aws-call.ts';
import { timeouts } from './timeouts.ts';

export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * Sends one mail to one address: nobody learns who else was told, and one bad address keeps it from no other. SES may
 * deliver a mail twice. Throws BackendBusy or BackendRefused; aborting ends it with either.
 */
export type SendMail = (to: string, mail: Mail, signal: AbortSignal) => Promise<void>;

export function sesClient(): SESv2Client {
  return new SESv2Client({
    maxAttempts: 4,
    requestHandler: timeouts,
  });
}

export function mailSender(client: Pick<SESv2Client, 'send'>, from: string): SendMail {
  return async (to, { subject, text, html }, abortSignal) => {
    // The parts of the mail go to SES as fields: no text of anybody's can become a header.
    const command = new SendEmailCommand({
      FromEmailAddress: from,
      Destination: { ToAddresses: [to] },
      Content: {
        Simple: {
          Subject: { Data: subject, Charset: 'UTF-8' },
          Body: { Text: { Data: text, Charset: 'UTF-8' }, Html: { Data: html, Charset: 'UTF-8' } },
        },
      },
    });
    await awsCall('ses:SendEmail', () => client.send(command, { abortSignal }));
  };
}
