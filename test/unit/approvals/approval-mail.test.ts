import { describe, expect, it } from 'vitest';
import { approvalMail } from '../../../lambdas/approvals/approval-mail.ts';
import { shortDigest } from '../../../lambdas/domain/digest.ts';
import { aKey, aRequest } from '../domain/examples.ts';

const PORTAL = 'https://keyward.test/portal';

function mailFor(change: Partial<typeof aRequest> = {}, key = aKey) {
  return approvalMail({ ...aRequest, ...change }, key, PORTAL, 'asked');
}

describe('the mail to approvers', () => {
  it('says in its subject what is asked, of whose key, on which digest', () => {
    expect(mailFor().subject).toBe(
      `[Keyward] Approval needed: revoke payments/orders (${shortDigest(aRequest.digest)})`,
    );
  });

  it('says what is asked and what follows, by whom, why, who may decide and until when', () => {
    const lines = mailFor().text.split('\n');
    for (const line of [
      'Operation: revoke',
      'What follows: The key stops working for everybody until it is reinstated.',
      'Key: alias/keyward/payments/orders (SYMMETRIC_DEFAULT, active)',
      'Owner: payments',
      'Class: data-protection, version cccc-cccc-cccc',
      'Requested by: olga (person:olga)',
      'Reason: Suspected leak of a backup.',
      'Evidence: 0 KMS keys, 0 grants',
      'Not known: Usage before 2026-11-01 is unknown.',
      'Needs: 2 of payments, security; never the requester',
      'Ends: 2026-12-02 03:02 UTC',
      `Digest: ${shortDigest(aRequest.digest)}`,
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('says the same in HTML', () => {
    const { text, html } = mailFor();
    const facts = text.split('\n').flatMap((line) => /^[A-Z][\w ]+: (.+)$/.exec(line)?.[1] ?? []);
    expect(facts.length).toBeGreaterThan(10);
    for (const fact of facts) expect(html).toContain(fact);
  });

  it('says that a missing look is no look, and not that nothing was found', () => {
    const { evidence: _none, ...bare } = aRequest;
    expect(approvalMail(bare, aKey, PORTAL, 'asked').text).toContain(
      'Evidence: None was collected: it is not known who depends on the key.',
    );
  });

  it('warns of what a destruction loses', () => {
    const { text } = mailFor({ parameters: { operation: 'destroy', windowDays: 7 } });
    expect(text).toMatch(/deleted after 7 days\. What only it can decrypt is then lost for good\./);
  });

  it('links to the request and to nothing else, whatever others wrote', () => {
    const { text, html } = mailFor({
      reason: 'See https://evil.test/requests/approve and www.evil.test',
      requester: { kind: 'person', id: 'person:olga', name: 'HTTP://evil.test' },
    });
    const links = [...`${text}\n${html}`.matchAll(/\b(?:https?:\/\/|www\.)[^\s"<]+/gi)].map(([url]) => url);
    expect(new Set(links)).toEqual(new Set([`${PORTAL}/requests/${aRequest.requestId}`]));
  });

  it.each([
    ['an address without its beginning', 'keyward-approve.com/requests/1'],
    ['one with a port', 'evil.test:8443'],
    ['one of numbers', '203.0.113.7/approve'],
    ['one in other letters', 'пример.рф'],
    ['one with the dot of another script', 'evil。test and evil．test and evil｡test'],
    ['a mail address', 'security@evil.test'],
    ['a mail address without a dot', 'security@localhost'],
    ['an address of another kind', 'mailto:security@evil.test, tel://1234, \\\\evil.test\\share'],
  ])('has nothing of others that a mail program would make a link: %s', (_what, text) => {
    const { evidence } = aRequest;
    if (evidence === undefined) throw new Error('There is none.');
    const mail = mailFor({
      reason: `See ${text}, now.`,
      requester: { kind: 'person', id: `person:${text}`, name: text },
      evidence: {
        ...evidence,
        consumers: [{ name: text, contact: text, uses: text }],
        gaps: [text],
      },
    });
    const own = `${PORTAL}/requests/${aRequest.requestId}`;
    for (const part of [mail.subject, mail.text, mail.html]) {
      const others = part.replaceAll(own, '').replaceAll(/<(?:!doctype|\/?[a-z])[^>]*>/g, ' ');
      expect(others).not.toMatch(/[\p{L}\p{N}][.。．｡][\p{L}\p{N}]/u);
      expect(others).not.toMatch(/[^[]@|@[^\]]|:\/\/|\\\\/);
    }
  });

  it('leaves sentences as they were written', () => {
    const reason = 'The backup leaked. It is not known how. See the report, e.g. page 3.';
    expect(mailFor({ reason }).text).toContain(
      'Reason: The backup leaked. It is not known how. See the report, e[.]g. page 3.',
    );
  });

  it('carries no token and no nonce', () => {
    const { subject, text, html } = mailFor();
    expect(`${subject}${text}${html}`).not.toContain(aRequest.nonce);
    expect(`${subject}${text}${html}`).not.toMatch(/token/i);
  });

  it.each([
    ['a line break in the reason', 'Line one\r\nBcc: everyone'],
    ['a line separator', 'one\u2028Two: three'],
    ['a direction override', 'safe\u202Eexe txt'],
  ])('keeps %s in its line', (_what, reason) => {
    const { text } = mailFor({ reason });
    const line = text.split('\n').find((each) => each.startsWith('Reason: '));
    expect(line).toBe(`Reason: ${reason.replaceAll(/[\r\n\u2028\u202E]+/g, ' ')}`);
    expect(text).not.toMatch(/^Bcc:/m);
  });

  it('escapes markup', () => {
    const { html } = mailFor({ reason: '<img src=x onerror=alert(1)>"\'&' });
    expect(html).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;');
    expect(html).not.toContain('<img');
  });

  it('has a subject of one short line', () => {
    const { subject } = mailFor({}, { ...aKey, name: 'n'.repeat(500), owner: 'a\r\nBcc: x' });
    expect(subject).not.toMatch(/[\r\n]/);
    expect(subject.length).toBeLessThanOrEqual(200);
  });
});
