import { createHash } from 'node:crypto';
import * as z from 'zod';
import { log } from '../../../adapters/log.ts';
import { MfaRequired, PasskeyInvalid } from '../../../domain/errors.ts';
import { oneLine } from '../../../domain/one-line.ts';
import type { Principal } from '../../../domain/principal.ts';
import { inputFaults } from '../body.ts';
import { enrolment, nothing, type PasskeyList, type PasskeyOptions } from '../contract.ts';
import { clearCookie, cookieNames, setCookie } from '../cookies.ts';
import { EnrolmentInterrupted } from '../errors.ts';
import type { ApiDependencies } from './dependencies.ts';
import { get, post, type Route } from './route.ts';

/** An enrolment under way, sealed with the browser that began it. */
const underWay = z.strictObject({ challenge: z.string().min(1), personId: z.string() });

const ENROLMENT_SECONDS = 5 * 60;

const nameTyped = oneLine(64).regex(/\S/);

export function passkeyRoutes(deps: ApiDependencies): Route[] {
  const { registry, passkeys, seal, address, clock } = deps;
  const listOf = async ({ id }: Principal): Promise<PasskeyList> => ({
    passkeys: (await registry.passkeysOf(id)).map(({ credentialId, name, publicKey, createdAt }) => ({
      credentialId,
      name,
      fingerprint: fingerprintOf(publicKey),
      createdAt,
    })),
  });
  return [
    get('passkeys', async ({ session: { person } }) => ({ body: await listOf(person) })),

    post('passkeys/options', nothing, async ({ session: { person } }) => {
      assertSecondFactor(person);
      const options = await passkeys.enrolmentOptions(person, await registry.passkeysOf(person.id));
      const content: z.input<typeof underWay> = { challenge: options.challenge, personId: person.id };
      const cookie = setCookie(address, {
        name: cookieNames.enrolment,
        value: await seal.close('enrolment', content, ENROLMENT_SECONDS),
        seconds: ENROLMENT_SECONDS,
        sameSite: 'Strict',
      });
      const body: PasskeyOptions = { options: { ...options } };
      return { body, setCookies: [cookie] };
    }),

    post('passkeys', enrolment, async ({ session: { person }, visit, body }) => {
      assertSecondFactor(person);
      const begun = await seal.open('enrolment', underWay, visit.cookies.get(cookieNames.enrolment));
      if (begun === undefined || begun.personId !== person.id) throw new EnrolmentInterrupted();
      const name = body.name.trim();
      if (!nameTyped.safeParse(name).success) {
        throw inputFaults([
          { pointer: '/name', detail: 'Name it, in at most 64 characters, without invisible ones.' },
        ]);
      }
      const passkey = await passkeys.enrolled(body.response, {
        challenge: begun.challenge,
        personId: person.id,
        name,
        now: await clock(),
      });
      const known = await registry.passkeysOf(person.id);
      if (known.some(({ credentialId }) => credentialId === passkey.credentialId)) {
        // Written over, decisions that it has signed could no longer be told from others.
        throw new PasskeyInvalid('You have enrolled this passkey already. Use it, or remove it first.');
      }
      await registry.putPasskey(passkey);
      tell('passkey enrolled', person, passkey.publicKey);
      return { body: await listOf(person), setCookies: [clearCookie(address, cookieNames.enrolment)] };
    }),

    /** One that is not there is as good as removed. */
    post(
      'passkeys/{credentialId}/remove',
      nothing,
      async ({ session: { person }, path: { credentialId } }) => {
        const known = await registry.passkeysOf(person.id);
        const passkey = known.find((each) => each.credentialId === credentialId);
        if (passkey !== undefined) {
          await registry.putPasskey({ ...passkey, removedAt: await clock() });
          tell('passkey removed', person, passkey.publicKey);
        }
        return { body: await listOf(person) };
      },
    ),
  ];
}

/** A password alone must not be enough to make what proves more than a password. */
function assertSecondFactor({ mfa }: Principal): void {
  if (mfa) return;
  throw new MfaRequired(
    'Enrolling a passkey takes a sign-in with a second factor. Sign in again with one, and enrol then.',
  );
}

/** The SHA-256 of the COSE key, whole: what an auditor keeps of it is compared digit by digit by `npm run verify`. */
function fingerprintOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex');
}

function tell(what: string, { id }: Principal, publicKey: string): void {
  log.info(what, { person: id, fingerprint: fingerprintOf(publicKey) });
}
