import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { describe, expect, it } from 'vitest';
import { mailSender } from '../../../lambdas/adapters/mail.ts';
import { BackendBusy, BackendRefused } from '../../../lambdas/domain/errors.ts';

const mail = { subject: 'S\u00fcbject', text: 'text', html: '<p>html</p>' };

/** An SES that keeps what it is sent, or fails with an error of this name. */
function ses(failure?: string) {
  const calls: { input: unknown; options: unknown }[] = [];
  const send = async (command: unknown, options: unknown): Promise<unknown> => {
    if (failure !== undefined) throw Object.assign(new Error('refused'), { name: failure });
    calls.push({ input: command instanceof SendEmailCommand ? command.input : undefined, options });
    return {};
  };
  return { calls, client: { send } as unknown as Pick<SESv2Client, 'send'> };
}

describe('a mail', () => {
  it('goes to one address, from the sender, with its parts as fields', async () => {
    const { calls, client } = ses();
    const { signal } = new AbortController();
    await mailSender(client, 'keyward@example.test')('security@example.test', mail, signal);
    expect(calls).toEqual([
      {
        input: {
          FromEmailAddress: 'keyward@example.test',
          Destination: { ToAddresses: ['security@example.test'] },
          Content: {
            Simple: {
              Subject: { Data: 'S\u00fcbject', Charset: 'UTF-8' },
              Body: {
                Text: { Data: 'text', Charset: 'UTF-8' },
                Html: { Data: '<p>html</p>', Charset: 'UTF-8' },
              },
            },
          },
        },
        options: { abortSignal: signal },
      },
    ]);
  });

  it.each([
    ['TooManyRequestsException', BackendBusy],
    ['MessageRejected', BackendRefused],
    ['AbortError', BackendRefused],
  ])('that SES answers with %s fails by name', async (failure, expected) => {
    const send = mailSender(ses(failure).client, 'keyward@example.test');
    await expect(send('x@example.test', mail, new AbortController().signal)).rejects.toThrow(expected);
  });
});
