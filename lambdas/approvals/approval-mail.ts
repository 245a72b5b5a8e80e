import type { Mail } from '../adapters/mail.ts';
import { shortDigest } from '../domain/digest.ts';
import type { KeyRecord } from '../domain/key.ts';
import { approverGroups } from '../domain/quorum.ts';
import type { RequestRecord } from '../domain/request.ts';

/** What the mail says beside what each line is about; the text and the HTML say the same. */
interface Fact {
  readonly label: string;
  readonly value: string;
}

/**
 * The mail that asks for a decision. Names and reasons are other people's words: they are shown in one line each,
 * without control characters, and escaped in HTML. The link leads to a page that asks for a sign-in; it decides nothing.
 */
export function approvalMail(
  request: RequestRecord,
  key: KeyRecord,
  to: readonly string[],
  portalUrl: string,
): Mail {
  const { operation } = request.parameters;
  const digest = shortDigest(request.digest);
  const link = `${portalUrl}/requests/${request.requestId}`;
  const facts = factsOf(request, key);
  const opening = `${oneLine(request.requester.name)} asks to ${operation} the key ${oneLine(key.alias)}.`;
  const closing =
    'Opening the link decides nothing: you sign in, read the request, and decide there. If you did not expect this, tell your security team.';
  return {
    to,
    subject: oneLine(`[Keyward] Approval needed: ${operation} ${key.owner}/${key.name} (${digest})`).slice(
      0,
      200,
    ),
    text: [
      opening,
      '',
      ...facts.map(({ label, value }) => `${label}: ${value}`),
      '',
      'Review and decide:',
      link,
      '',
      closing,
      '',
    ].join('\n'),
    html: page(opening, facts, link, closing),
  };
}

function factsOf(request: RequestRecord, key: KeyRecord): Fact[] {
  const { approval, evidence, parameters } = request;
  const groups = approverGroups(approval, key.owner);
  const evidenceFacts =
    evidence === undefined
      ? []
      : [
          {
            label: 'Evidence',
            value: `${evidence.kmsKeys.length} KMS key(s), ${evidence.kmsKeys.flatMap(({ grants }) => grants).length} grant(s), collected ${evidence.collectedAt}`,
          },
          ...evidence.gaps.map((gap) => ({ label: 'Not known', value: oneLine(gap) })),
        ];
  return [
    { label: 'Reason', value: oneLine(request.reason) },
    { label: 'Requested by', value: oneLine(request.requester.name) },
    { label: 'Key', value: `${key.alias} (${key.spec}, class ${key.className}, ${key.state})` },
    ...(parameters.operation === 'revoke' ? [{ label: 'How', value: parameters.mode }] : []),
    ...(parameters.operation === 'destroy'
      ? [{ label: 'Deletion window', value: `${parameters.windowDays} days` }]
      : []),
    ...evidenceFacts,
    { label: 'Needs', value: `${approval.quorum} of ${groups.join(', ')}, never the requester` },
    { label: 'Ends', value: request.expiresAt },
    { label: 'Digest', value: shortDigest(request.digest) },
  ];
}

function page(opening: string, facts: readonly Fact[], link: string, closing: string): string {
  const rows = facts.map(
    ({ label, value }) =>
      `<tr><th align="left" valign="top" style="padding:4px 12px 4px 0">${escaped(label)}</th><td style="padding:4px 0">${escaped(value)}</td></tr>`,
  );
  return [
    '<!doctype html><html lang="en"><body style="font:16px/1.5 system-ui,sans-serif;max-width:40em">',
    `<p>${escaped(opening)}</p><table role="presentation">${rows.join('')}</table>`,
    `<p><a href="${escaped(link)}">Review and decide</a></p><p>${escaped(closing)}</p>`,
    '</body></html>',
  ].join('\n');
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
