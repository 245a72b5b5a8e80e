import * as z from 'zod';

const messages = z.object({
  messages: z.record(
    z.string(),
    z.array(
      z.object({
        To: z.array(z.string()),
        Subject: z.string(),
        BodyText: z.string().nullish(),
        BodyHtml: z.string().nullish(),
      }),
    ),
  ),
});

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What the stack has sent through the local SES, oldest first. */
export async function sentMail(endpoint: string): Promise<Mail[]> {
  const response = await fetch(`${endpoint}/_ministack/ses/messages`, { signal: AbortSignal.timeout(5_000) });
  const { messages: byAccount } = messages.parse(await response.json());
  return Object.values(byAccount)
    .flat()
    .map(({ To: to, Subject: subject, BodyText: text, BodyHtml: html }) => ({
      to,
      subject,
      text: text ?? '',
      html: html ?? '',
    }));
}
