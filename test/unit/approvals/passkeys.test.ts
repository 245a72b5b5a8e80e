import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createPasskeys } from '../../../lambdas/adapters/passkeys.ts';
import { passkeyAssertion } from '../../../lambdas/domain/request.ts';
import { sami } from '../domain/examples.ts';
import { Authenticator, type PasskeyResponse } from './authenticator.ts';

const ORIGIN = 'https://keyward.example.com';
const NOW = '2026-11-26T03:02:22.000Z';
const DIGEST = createHash('sha256').update('a request').digest('hex');
const passkeys = createPasskeys({ origin: ORIGIN });
const invalid = expect.objectContaining({ code: 'PasskeyInvalid' });

const challengeOf = (digest: string) => Buffer.from(digest, 'hex').toString('base64url');

/** An authenticator with what the adapter knows of it. */
async function enrolledOne(options: Partial<ConstructorParameters<typeof Authenticator>[0]> = {}) {
  const authenticator = new Authenticator({ origin: ORIGIN, ...options });
  const { challenge } = await passkeys.enrolmentOptions(sami, []);
  const expected = { challenge, personId: sami.id, name: 'Laptop', now: NOW };
  const passkey = await passkeys.enrolled(authenticator.enrol(challenge), expected);
  return { authenticator, passkey, challenge, expected };
}

describe('an enrolment', () => {
  it('asks for a verified person, no attestation, and nothing that is enrolled already', async () => {
    const { passkey } = await enrolledOne();
    const options = await passkeys.enrolmentOptions(sami, [passkey]);
    expect(options).toMatchObject({
      rp: { id: 'keyward.example.com' },
      attestation: 'none',
      authenticatorSelection: { userVerification: 'required' },
      excludeCredentials: [{ id: passkey.credentialId }],
    });
    const again = await passkeys.enrolmentOptions(sami, []);
    expect(again.challenge).not.toBe(options.challenge);
    expect(again.user.id).toBe(options.user.id);
  });

  it('keeps the credential and its public key', async () => {
    const { passkey, authenticator } = await enrolledOne();
    expect(passkey).toMatchObject({
      credentialId: authenticator.credentialId.toString('base64url'),
      personId: 'person:sami',
      name: 'Laptop',
      transports: [],
      createdAt: NOW,
    });
    expect(Buffer.from(passkey.publicKey, 'base64url').length).toBe(77);
  });

  it.each([
    ['on another origin', (one: Authenticator) => (one.origin = 'https://evil.test')],
    ['on another port', (one: Authenticator) => (one.origin = `${ORIGIN}:8443`)],
    ['without verifying the person', (one: Authenticator) => (one.verifiesUser = false)],
  ])('%s is not taken', async (_how, change) => {
    const { challenge } = await passkeys.enrolmentOptions(sami, []);
    const authenticator = new Authenticator({ origin: ORIGIN });
    change(authenticator);
    const expected = { challenge, personId: sami.id, name: 'Laptop', now: NOW };
    await expect(passkeys.enrolled(authenticator.enrol(challenge), expected)).rejects.toThrow(invalid);
  });

  it.each([
    ['over another challenge', (one: Authenticator) => one.enrol('b3RoZXI')],
    ['with what signs in', (one: Authenticator, challenge: string) => one.sign(challenge)],
    ['with something else', () => ({ id: 'x' })],
    ['with nothing', () => undefined],
  ])('%s is not taken', async (_how, answer) => {
    const { expected, challenge } = await enrolledOne();
    const response = answer(new Authenticator({ origin: ORIGIN }), challenge);
    await expect(passkeys.enrolled(response, expected)).rejects.toThrow(invalid);
  });
});

describe('a signature', () => {
  it('is asked for over the digest itself, by the passkeys of the person', async () => {
    const { passkey } = await enrolledOne();
    expect(await passkeys.signingOptions(DIGEST, [passkey])).toMatchObject({
      challenge: challengeOf(DIGEST),
      rpId: 'keyward.example.com',
      userVerification: 'required',
      allowCredentials: [{ id: passkey.credentialId }],
    });
  });

  it('is taken and kept whole', async () => {
    const { authenticator, passkey } = await enrolledOne();
    const assertion = await passkeys.signed(authenticator.sign(challengeOf(DIGEST)), DIGEST, [passkey]);
    expect(passkeyAssertion.parse(assertion)).toMatchObject({
      credentialId: passkey.credentialId,
      publicKey: passkey.publicKey,
    });
    expect(JSON.parse(Buffer.from(assertion.clientDataJSON, 'base64url').toString())).toMatchObject({
      challenge: challengeOf(DIGEST),
      origin: ORIGIN,
    });
  });

  it.each([0, 5])('is the same when it is verified again, with a counter of %d', async (counter) => {
    const { authenticator, passkey } = await enrolledOne({ counter });
    const response = authenticator.sign(challengeOf(DIGEST));
    const first = await passkeys.signed(response, DIGEST, [passkey]);
    expect(await passkeys.signed(response, DIGEST, [passkey])).toEqual(first);
  });

  it.each([
    ['on another origin', (one: Authenticator) => (one.origin = 'https://evil.test')],
    ['without verifying the person', (one: Authenticator) => (one.verifiesUser = false)],
  ])('%s is not taken', async (_how, change) => {
    const { authenticator, passkey } = await enrolledOne();
    change(authenticator);
    await expect(passkeys.signed(authenticator.sign(challengeOf(DIGEST)), DIGEST, [passkey])).rejects.toThrow(
      invalid,
    );
  });

  it('over another digest is not taken', async () => {
    const { authenticator, passkey } = await enrolledOne();
    const other = challengeOf('f'.repeat(64));
    await expect(passkeys.signed(authenticator.sign(other), DIGEST, [passkey])).rejects.toThrow(invalid);
  });

  it('by a passkey of somebody else, or of nobody, is not taken', async () => {
    const { passkey } = await enrolledOne();
    const { authenticator } = await enrolledOne();
    const response = authenticator.sign(challengeOf(DIGEST));
    for (const known of [[passkey], []]) {
      await expect(passkeys.signed(response, DIGEST, known)).rejects.toThrow(invalid);
    }
    // With the credential id of a known one, its key does not fit.
    const forged = { ...response, id: passkey.credentialId, rawId: passkey.credentialId };
    await expect(passkeys.signed(forged, DIGEST, [passkey])).rejects.toThrow(invalid);
  });

  it.each([
    ['signature', 'AAAA'],
    ['authenticatorData', 'AAAA'],
    ['clientDataJSON', 'e30'],
    ['signature', 'not base64url!'],
  ])('with a changed %s is not taken', async (part, value) => {
    const { authenticator, passkey } = await enrolledOne();
    const response: PasskeyResponse = authenticator.sign(challengeOf(DIGEST));
    const changed = { ...response, response: { ...response.response, [part]: value } };
    await expect(passkeys.signed(changed, DIGEST, [passkey])).rejects.toThrow(invalid);
  });
});
