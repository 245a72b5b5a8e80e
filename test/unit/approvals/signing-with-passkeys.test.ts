import { describe, expect, it } from 'vitest';
import { createPasskeys } from '../../../lambdas/adapters/passkeys.ts';
import { createDecisions } from '../../../lambdas/api/decisions.ts';
import type { Principal } from '../../../lambdas/domain/principal.ts';
import { eventOf } from '../api/world.ts';
import { aRequest, omar, REQUEST_ID, sami } from '../domain/examples.ts';
import { Authenticator } from './authenticator.ts';
import { approvalKey } from './proofs.ts';
import { LATER, waitingWorld } from './waiting-world.ts';

const ORIGIN = 'https://keyward.example.com';
const passkeys = createPasskeys({ origin: ORIGIN });
const refused = (code: string) => expect.objectContaining({ code });

/** A request whose rule wants passkeys, and people whose authenticators count what they sign. */
async function signingWorld() {
  let beforeSigning = async (): Promise<void> => {};
  const world = await waitingWorld({
    request: { approval: { ...aRequest.approval, passkey: true } },
    deps: {
      passkeys,
      approvalKey: {
        sign: async (decision) => {
          await beforeSigning();
          return approvalKey.sign(decision);
        },
      },
    },
  });
  const enrolledFor = async (who: Principal, authenticator: Authenticator) => {
    const { challenge } = await passkeys.enrolmentOptions(who, []);
    const expected = { challenge, personId: who.id, name: 'Security key', now: LATER };
    return passkeys.enrolled(authenticator.enrol(challenge), expected);
  };
  const enrol = async (who: Principal, authenticator = new Authenticator({ origin: ORIGIN, counter: 5 })) => {
    await world.registry.putPasskey(await enrolledFor(who, authenticator));
    return authenticator;
  };
  const signedBy = (authenticator: Authenticator) =>
    authenticator.sign(Buffer.from(world.request.digest, 'hex').toString('base64url'));
  const remove = async (who: Principal) => {
    for (const passkey of await world.registry.passkeysOf(who.id)) {
      await world.registry.putPasskey({ ...passkey, removedAt: LATER });
    }
  };
  return {
    ...world,
    enrol,
    enrolledFor,
    signedBy,
    remove,
    /** What happens when all is checked and nothing is committed yet. */
    meanwhile: (work: () => Promise<void>) => {
      beforeSigning = async () => {
        beforeSigning = async () => {};
        await work();
      };
    },
  };
}

describe('an approval signed with a passkey that counts', () => {
  it('counts beside another of the same instant', async () => {
    const { decide, enrol, signedBy, decisions, stateNow } = await signingWorld();
    const [first, second] = [await enrol(sami), await enrol(omar)];
    const both = await Promise.all([
      decide(sami, { passkey: signedBy(first) }),
      decide(omar, { passkey: signedBy(second) }),
    ]);
    expect(both.map(({ done }) => done)).toEqual(['recorded', 'recorded']);
    expect(await decisions()).toHaveLength(2);
    expect(await stateNow()).toBe('approved');
  });

  it('that is sent twice stands, also when the passkey has been removed since', async () => {
    const { decide, enrol, signedBy, remove, decisions } = await signingWorld();
    const passkey = signedBy(await enrol(sami));
    expect(await decide(sami, { passkey })).toMatchObject({ done: 'recorded' });
    expect(await decide(sami, { passkey })).toMatchObject({ done: 'stood' });
    await remove(sami);
    expect(await decide(sami, { passkey })).toMatchObject({ done: 'stood' });
    expect(await decisions()).toHaveLength(1);
  });

  it('is answered again to the same Idempotency-Key', async () => {
    const { deps, registry, enrol, signedBy, remove, request } = await signingWorld();
    const answer = createDecisions({
      ...deps,
      registry,
      policies: { classes: [], access: { auditors: [], machines: [] } },
    });
    const body = {
      verdict: 'approve',
      reason: 'Agreed.',
      digest: request.digest,
      passkey: signedBy(await enrol(sami)),
    };
    const post = () =>
      answer(
        eventOf(sami, `POST /v1/requests/${REQUEST_ID}/decisions`, {
          body,
          headers: { 'idempotency-key': 'once' },
        }),
      );
    expect(await post()).toMatchObject({ statusCode: 200 });
    expect(await post()).toMatchObject({ statusCode: 200, headers: { 'Idempotency-Replayed': 'true' } });
    await remove(sami);
    expect(await post()).toMatchObject({ statusCode: 200, headers: { 'Idempotency-Replayed': 'true' } });
  });

  it('is not taken when the passkey is removed at that moment, and does not bring it back', async () => {
    const { decide, enrol, signedBy, remove, registry, decisions, meanwhile } = await signingWorld();
    const passkey = signedBy(await enrol(sami));
    meanwhile(() => remove(sami));
    await expect(decide(sami, { passkey })).rejects.toThrow(refused('PasskeyInvalid'));
    expect(await decisions()).toEqual([]);
    expect(await registry.passkeysOf(sami.id)).toEqual([]);
  });
});

describe('one passkey', () => {
  it('is one person’s: nobody else can enrol it, nor its key under another name, even once it is removed', async () => {
    const { enrol, enrolledFor, registry, remove } = await signingWorld();
    const authenticator = await enrol(sami);
    const other = await enrolledFor(omar, authenticator);
    const attempts = [other, { ...other, credentialId: 'YW5vdGhlcg' }, { ...other, publicKey: 'YW5vdGhlcg' }];
    for (const attempt of attempts) {
      await expect(registry.putPasskey(attempt)).rejects.toThrow(refused('PasskeyInvalid'));
    }
    await remove(sami);
    await expect(registry.putPasskey(other)).rejects.toThrow(refused('PasskeyInvalid'));
    expect(await registry.passkeysOf(omar.id)).toEqual([]);
    await registry.putPasskey(await enrolledFor(sami, authenticator));
    expect(await registry.passkeysOf(sami.id)).toHaveLength(1);
  });

  it('approves once, whoever says to have it', async () => {
    const { decide, enrol, signedBy, registry, decisions } = await signingWorld();
    const authenticator = await enrol(sami);
    const [passkey] = await registry.passkeysOf(sami.id);
    if (passkey === undefined) throw new Error('Nothing is enrolled.');
    const shared = { ...passkey, personId: omar.id };
    await decide(sami, { passkey: signedBy(authenticator) });
    const before = { ...registry };
    registry.passkeysOf = async (id) => (id === omar.id ? [shared] : before.passkeysOf(id));
    await expect(decide(omar, { passkey: signedBy(authenticator) })).rejects.toThrow(
      refused('PasskeyInvalid'),
    );
    expect(await decisions()).toHaveLength(1);
  });
});
