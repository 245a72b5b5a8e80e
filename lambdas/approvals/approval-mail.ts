import type { Mail } from '../adapters/mail.ts';
import { shortDigest } from '../domain/digest.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { Occasion } from '../domain/reminder.ts';
import type { RequestRecord } from '../domain/request.ts';
import { type Html, html } from './html.ts';
import { plain } from './plain.ts';
import { type Fact, factsOf } from './request-facts.ts';

const LONGEST_SUBJECT = 200;

const openings: Readonly<Record<Occasion, { readonly subject: string; readonly opening: string }>> = {
  asked: { subject: 'Approval needed', opening: 'You are asked to decide' },
  reminder: { subject: 'Still waiting', opening: 'This still waits for a decision' },
  escalation: {
    subject: 'Escalated to you',
    opening: 'Those who were asked first have not decided. You can now',
  },
};

/**
 * The mail that asks for a decision; text and HTML say the same. Names and reasons are other people's words: each stays
 * in its line, is escaped in HTML, and brings no link of its own. The one link leads to a page that asks for a sign-in;
 * it decides nothing.
 */
export function approvalMail(
  request: RequestRecord,
  key: KeyRecord,
  portalUrl: string,
  occasion: Occasion,
): Mail {
  const { operation } = request.parameters;
  const { asked, evidence, rule } = factsOf(request, key);
  const facts = [...asked, ...evidence, ...rule].map(({ label, value }) => ({
    label,
    value: linkless(value),
  }));
  const link = `${portalUrl}/requests/${request.requestId}`;
  const { subject, opening } = openings[occasion];
  const what = linkless(`${operation} ${key.owner}/${key.name}`);
  const closing =
    'Opening the link decides nothing: you sign in, read the request, and decide there. If you did not expect this, tell your security team.';
  return {
    subject: plain(`[Keyward] ${subject}: ${what} (${shortDigest(request.digest)})`).slice(
      0,
      LONGEST_SUBJECT,
    ),
    text: [
      plain(`${opening}: ${what}.`),
      '',
      ...facts.map(({ label, value }) => `${label}: ${value}`),
      '',
      'Review and decide:',
      link,
      '',
      closing,
      '',
    ].join('\n'),
    html: page(`${opening}: ${what}.`, facts, link, closing).toString(),
  };
}

/**
 * Mail programs turn addresses into links, with or without a beginning such as `https://`; one in a reason would stand
 * beside ours and look as good. What makes them out is put in brackets: it can be read, and copied by whoever means to.
 */
function linkless(text: string): string {
  return text
    .replaceAll('://', '[:]//')
    .replaceAll('\\\\', '\\[\\]')
    .replaceAll(/[.。．｡](?=[\p{L}\p{N}])/gu, '[.]')
    .replaceAll('@', '[@]');
}

function page(opening: string, facts: readonly Fact[], link: string, closing: string): Html {
  const rows = facts.map(
    ({ label, value }) =>
      html`<tr><th scope="row" align="left" valign="top" style="padding:4px 12px 4px 0">${label}</th><td style="padding:4px 0">${value}</td></tr>`,
  );
  return html`<!doctype html><html lang="en"><body style="font:16px/1.5 system-ui,sans-serif;max-width:40em">
<p>${opening}</p><table>${rows}</table>
<p><a href="${link}">Review and decide</a></p><p>${closing}</p>
</body></html>
`;
}
