import { generateKeyPairSync, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPasskeys } from '../../../lambdas/adapters/passkeys.ts';
import { decisionText, requestDigest } from '../../../lambdas/domain/digest.ts';
import { claimedCustodian } from '../../../lambdas/domain/emergency.ts';
import { type RequestExport, requestExport } from '../../../lambdas/domain/export.ts';
import { fingerprintOf } from '../../../verify/trust.ts';
import { verifyExport } from '../../../verify/verify-export.ts';
import { Authenticator } from '../approvals/authenticator.ts';
import { approvalKey } from '../approvals/proofs.ts';
import { sami } from '../domain/examples.ts';
import { classes, copyOf, exported, exportedWithPasskeys, failing, ORIGIN } from './exports.ts';

let good: RequestExport;
let signed: RequestExport;
beforeAll(async () => {
  good = await exported();
  signed = await exportedWithPasskeys();
});

describe('an export', () => {
  it('verifies, and tells who decided what, and what was taken on its own word', async () => {
    const { ok, findings, unpinned } = await verifyExport(good);
    expect({ ok, findings: findings.filter(({ ok: holds }) => !holds) }).toEqual({ ok: true, findings: [] });
    const told = findings.flatMap((finding) => finding.told).join('\n');
    expect(told).toContain('bob (person:bob) approved at');
    expect(told).toMatch(/dave .* on an earlier digest: it does not count/);
    expect(told).toContain('the class data-protection asks 2 of owner, security, at least 1 of security');
    const fingerprint = fingerprintOf(Buffer.from(good.approvalKey.publicKey, 'base64'));
    expect(unpinned).toEqual([
      `approval key: ${fingerprint}`,
      `class data-protection: ${good.request.classHash}`,
      `end of the ledger: ${good.key.ledger.head} (entry ${good.key.ledger.length})`,
    ]);
    const trust = { approvalKeyFingerprint: fingerprint, classes, ledgerHead: good.ledger.at(-3)?.hash };
    expect(await verifyExport(good, trust)).toMatchObject({ ok: true, unpinned: [] });
  });

  it('holds nothing of the requester’s address', () => {
    expect(JSON.stringify(good)).not.toContain('alice@example.test');
  });

  it('of which any part was changed does not verify', async () => {
    const leaves = leavesOf(good).filter((path) => !uncovered.has(path.replaceAll(/\.\d+/g, '')));
    expect(leaves.length).toBeGreaterThan(80);
    const missed: string[] = [];
    for (const path of leaves) {
      const changed = copyOf(good);
      change(changed, path);
      // What is no export any more is not read at all.
      const { data } = requestExport.safeParse(changed);
      if (data !== undefined && (await failing(data)).length === 0) missed.push(path);
    }
    expect(missed).toEqual([]);
  });

  it.each<[string, (of: RequestExport) => void, string]>([
    ['a decision is left out', (of) => of.decisions.pop(), 'history'],
    ['a decision is there twice', (of) => of.decisions.push(...of.decisions.slice(0, 1)), 'history'],
    ['an entry is left out', (of) => of.ledger.splice(1, 1), 'ledger'],
    ['its last entry is left out', (of) => of.ledger.pop(), 'ledger'],
    ['it has no ledger', (of) => of.ledger.splice(0), 'ledger'],
    [
      'signatures are exchanged',
      ({ decisions: [one, other] }) => {
        if (one && other) [one.signature, other.signature] = [other.signature, one.signature];
      },
      'signatures',
    ],
    [
      'a signature is missing',
      ({ decisions: [one] }) => {
        if (one) delete one.signature;
      },
      'signatures',
    ],
    [
      'the request is another with a digest that fits',
      (of) => {
        of.request.reason = 'Something else.';
        of.request.digest = requestDigest(of.request);
      },
      'quorum',
    ],
    [
      'the rule asked for more',
      (of) => {
        of.request.approval.quorum = 3;
        of.request.digest = requestDigest(of.request);
      },
      'quorum',
    ],
    [
      'a decider becomes the requester',
      (of) => {
        of.request.requester = of.decisions[0]?.person ?? of.request.requester;
        of.request.digest = requestDigest(of.request);
      },
      'quorum',
    ],
  ])('is found out when %s', async (_what, tamper, check) => {
    const changed = copyOf(good);
    tamper(changed);
    expect(await failing(changed)).toContain(check);
  });

  it('is found out when somebody signs it anew with a key of their own', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const changed = copyOf(good);
    const held = fingerprintOf(Buffer.from(good.approvalKey.publicKey, 'base64'));
    changed.approvalKey.publicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    expect(await failing(changed)).toEqual(['signatures']);
    expect(await failing(changed, { approvalKeyFingerprint: held })).toEqual(['signatures']);
  });
});

describe('a signature', () => {
  it('is the approval key’s, on P-256, whoever vouches for another kind', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const changed = copyOf(good);
    changed.approvalKey.publicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    for (const decision of changed.decisions) {
      const value = sign('sha256', Buffer.from(decisionText(decision)), privateKey).toString('base64');
      if (decision.signature !== undefined) decision.signature.value = value;
    }
    expect(await failing(changed)).toEqual(['signatures']);
  });

  it('is written in one way only', async () => {
    const changed = copyOf(good);
    const [decision] = changed.decisions;
    if (decision?.signature === undefined) throw new Error('There is no decision.');
    let { signature } = decision;
    // One of three lengths has no bits to spare.
    while (!signature.value.endsWith('=')) signature = await approvalKey.sign(decision);
    decision.signature = signature;
    expect(await failing(changed)).toEqual([]);
    const [last = ''] = /.(?==+$)/.exec(signature.value) ?? [];
    const other = String.fromCharCode(last.charCodeAt(0) + 1);
    decision.signature = { ...signature, value: signature.value.replace(/.(?==+$)/, other) };
    expect(await failing(changed)).toEqual(['signatures']);
  });
});

describe('the rule', () => {
  const otherVersion = classes.map((held) => Object.assign(structuredClone(held), { hash: 'f'.repeat(64) }));

  it('is the class’s, for whoever holds the class', async () => {
    expect(await failing(good, { classes })).toEqual([]);
    const changed = copyOf(good);
    changed.request.approval = { quorum: 0, groups: [], expiresAfter: 'P7D' };
    expect(await failing(changed, { classes })).toContain('rule');
    expect(await failing(good, { classes: otherVersion })).toEqual(['rule']);
    expect(await failing(good, { classes: [] })).toEqual(['rule']);
  });

  it('of a ratification asks one person more when nobody vouched for who stopped the key', async () => {
    const ratification = classes.find(({ name }) => name === good.request.className)?.emergency?.ratification;
    if (ratification === undefined) throw new Error('The class has no emergency.');
    const of = (id: string, quorum: number) => {
      const changed = copyOf(good);
      changed.request.parameters = { operation: 'ratify', emergencyRequestId: changed.request.requestId };
      changed.request.requester.id = id;
      changed.request.approval = { ...ratification, quorum };
      return failing(changed, { classes });
    };
    const { id } = claimedCustodian('cora');
    expect(await of('person:cora', ratification.quorum)).not.toContain('rule');
    expect(await of(id, ratification.quorum)).toContain('rule');
    expect(await of(id, ratification.quorum + 1)).not.toContain('rule');
  });

  it('that wants a second factor is not met by an approval without', async () => {
    const changed = copyOf(good);
    changed.request.approval.mfa = true;
    for (const decision of changed.decisions.slice(0, 1)) decision.mfa = false;
    const { findings } = await verifyExport(changed);
    expect(findings.find(({ check }) => check === 'quorum')?.told).toEqual([
      'dave (person:dave) approved without a second factor, which the rule wants.',
    ]);
  });

  it('counts its times from when the request was made', async () => {
    const changed = copyOf(good);
    changed.request.createdAt = '2026-11-20T03:02:22.000Z';
    expect(await failing(changed)).toEqual(['request', 'history']);
  });
});

it('is refused, and not choked on, when a text of it has no canonical form', async () => {
  const changed = copyOf(good);
  changed.request.reason = '\uD800';
  expect(await failing(changed)).toContain('request');
});

describe('passkeys', () => {
  const passkeysOf = async (of: RequestExport) => {
    const { findings } = await verifyExport(of);
    return findings.find(({ check }) => check === 'passkeys');
  };

  it('prove who approved what, without trust in the service', async () => {
    expect(await passkeysOf(signed)).toMatchObject({ ok: true });
    const held = new Map(
      signed.decisions.map(({ passkey, person }) => [
        fingerprintOf(Buffer.from(passkey?.publicKey ?? '', 'base64url')),
        person.id,
      ]),
    );
    const trust = { passkeys: held, origin: ORIGIN };
    expect(await failing(signed, trust)).not.toContain('passkeys');
    expect(await failing(signed, { ...trust, origin: 'https://other.example' })).toContain('passkeys');
    expect(await failing(signed, { ...trust, passkeys: new Map() })).toContain('passkeys');
  });

  it.each<[string, (of: RequestExport) => void]>([
    [
      'of another person are in its place',
      ({ decisions: [one, other] }) => {
        if (one && other) [one.passkey, other.passkey] = [other.passkey, one.passkey];
      },
    ],
    [
      'are missing',
      ({ decisions: [one] }) => {
        if (one) delete one.passkey;
      },
    ],
    [
      'are one and the same for two people',
      ({ decisions: [one, other] }) => {
        if (one && other) other.passkey = one.passkey;
      },
    ],
    [
      'signed another digest',
      (of) => {
        of.request.nonce = 'f'.repeat(64);
        of.request.digest = requestDigest(of.request);
        for (const decision of of.decisions) decision.digest = of.request.digest;
      },
    ],
  ])('are found out when they %s', async (_what, tamper) => {
    const changed = copyOf(signed);
    tamper(changed);
    expect(await failing(changed)).not.toEqual([]);
    if (_what !== 'of another person are in its place') {
      expect(await passkeysOf(changed)).toMatchObject({ ok: false });
    }
  });

  it('are no proof when the device did not verify its person', async () => {
    const passkeys = createPasskeys({ origin: ORIGIN });
    const authenticator = new Authenticator({ origin: ORIGIN });
    const { challenge } = await passkeys.enrolmentOptions(sami, []);
    const { credentialId, publicKey } = await passkeys.enrolled(authenticator.enrol(challenge), {
      challenge,
      personId: sami.id,
      name: 'Laptop',
      now: signed.request.createdAt,
    });
    for (const verifiesUser of [true, false]) {
      authenticator.verifiesUser = verifiesUser;
      const { response } = authenticator.sign(
        Buffer.from(signed.request.digest, 'hex').toString('base64url'),
      );
      const { authenticatorData = '', clientDataJSON = '', signature = '' } = response;
      const changed = copyOf(signed);
      for (const decision of changed.decisions.slice(0, 1)) {
        decision.passkey = { credentialId, publicKey, authenticatorData, clientDataJSON, signature };
      }
      expect(await passkeysOf(changed)).toMatchObject({ ok: verifiesUser });
    }
  });
});

/**
 * What may be changed without being found out, because nothing else says it: when the export was made, how often the
 * request was written, and the last part of the key's alias.
 */
const uncovered: ReadonlySet<string> = new Set(['exportedAt', 'request.rowVersion', 'key.alias']);

function leavesOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

/** Changes a leaf to another value of its kind. */
function change(of: object, path: string): void {
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  const holder = steps.reduce<Record<string, unknown>>(
    (inner, step) => inner[step] as Record<string, unknown>,
    of as Record<string, unknown>,
  );
  const value = holder[last];
  if (typeof value === 'number') holder[last] = value + 1;
  else if (typeof value === 'boolean') holder[last] = !value;
  else holder[last] = altered(String(value));
}

/** Another text of the same form. */
function altered(text: string): string {
  const at = text.search(/[0-9a-y](?=[^0-9a-zA-Z]*[\w=]*$)|[0-9a-y]/i);
  const letter = text[at] ?? '';
  return `${text.slice(0, at)}${letter === '1' ? '2' : '1'}${text.slice(at + 1)}`;
}
