import { describe, expect, it } from 'vitest';
import { approvalMail } from '../../../lambdas/approvals/approval-mail.ts';
import { aKey, aRequest } from '../domain/examples.ts';

const PORTAL = 'https://keyward.test/portal';

function mailFor(change: Partial<typeof aRequest> = {}, key = aKey) {
  return approvalMail({ ...aRequest, ...change }, key, ['security@example.test'], PORTAL);
}

describe('the mail to approvers', () => {
  it('says what is asked, by whom, why, who may decide and until when', () => {
    const { subject, text } = mailFor();
    expect(subject).toContain('revoke payments/orders');
    for (const part of [
      'olga',
      'Suspected leak of a backup.',
      aKey.alias,
      '2 of payments, security',
      aRequest.expiresAt,
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain('Usage before 2026-11-01 is unknown.');
  });

  it('links to the request and to nothing that decides', () => {
    const { text, html } = mailFor();
    const links = [...`${text}\n${html}`.matchAll(/https?:\/\/[^\s"<]+/g)].map(([url]) => url);
    expect(new Set(links)).toEqual(new Set([`${PORTAL}/requests/${aRequest.requestId}`]));
  });

  it('carries no token and no nonce', () => {
    const { subject, text, html } = mailFor();
    expect(`${subject}${text}${html}`).not.toContain(aRequest.nonce);
    expect(`${subject}${text}${html}`).not.toMatch(/token/i);
  });

  it.each([
    ['a line break in the reason', 'Line one\r\nBcc: everyone@example.test'],
    ['a line separator', 'one\u2028Two: three'],
    ['a direction override', 'safe\u202Eexe.txt'],
  ])('keeps %s in its line', (_what, reason) => {
    const { text } = mailFor({ reason });
    const line = text.split('\n').find((each) => each.startsWith('Reason: '));
    expect(line).toBe(`Reason: ${reason.replaceAll(/[\r\n\u2028\u202E]+/g, ' ')}`);
    expect(text).not.toMatch(/^Bcc:/m);
  });

  it('escapes markup', () => {
    const { html } = mailFor({ reason: '<img src=x onerror=alert(1)>"\'&' });
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
    expect(html).not.toContain('<img');
  });

  it('has a subject of one short line', () => {
    const { subject } = mailFor({}, { ...aKey, name: 'n'.repeat(500), owner: 'a\r\nBcc: x' });
    expect(subject).not.toMatch(/[\r\n]/);
    expect(subject.length).toBeLessThanOrEqual(200);
  });
});
