import { createHash } from 'node:crypto';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import * as z from 'zod';
import { PasskeyInvalid } from '../domain/errors.ts';
import type { PasskeyRecord } from '../domain/passkey.ts';
import type { Principal } from '../domain/principal.ts';
import type { PasskeyAssertion } from '../domain/request.ts';

/** Where the page is: a passkey works there and nowhere else. */
export interface RelyingParty {
  /** `https://host[:port]`. */
  readonly origin: string;
}

/**
 * WebAuthn for signing approvals. An approval's challenge is the digest of its request and nothing else, and the person
 * has to be verified by the authenticator: what it signs proves to anybody who approved what.
 */
export interface Passkeys {
  enrolmentOptions(
    person: Principal,
    known: readonly PasskeyRecord[],
  ): Promise<PublicKeyCredentialCreationOptionsJSON>;
  /** Throws PasskeyInvalid. */
  enrolled(
    response: unknown,
    expected: {
      readonly challenge: string;
      readonly personId: string;
      readonly name: string;
      readonly now: string;
    },
  ): Promise<PasskeyRecord>;
  signingOptions(
    digest: string,
    known: readonly PasskeyRecord[],
  ): Promise<PublicKeyCredentialRequestOptionsJSON>;
  /** What one of the person's passkeys signed. The same may be verified again. Throws PasskeyInvalid. */
  signed(response: unknown, digest: string, known: readonly PasskeyRecord[]): Promise<PasskeyAssertion>;
}

/**
 * The signature counter is not followed: see docs/decisions/0010. A decision that is tried again brings the same
 * signature, and a counter that had moved on by then would refuse it.
 */
const UNCOUNTED = 0;

/** ES256, EdDSA and RS256: what every authenticator and whoever verifies an export can do. */
const algorithms = [-7, -8, -257];

const base64url = z.string().regex(/^[\w-]*$/);
const transports = z.array(z.string().max(32)).max(10).catch([]).default([]);
const common = {
  id: base64url,
  rawId: base64url,
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
};
const registration = z.object({
  ...common,
  response: z.object({ clientDataJSON: base64url, attestationObject: base64url, transports }),
});
const authentication = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.optional(),
  }),
});

export function createPasskeys({ origin }: RelyingParty): Passkeys {
  const rpID = new URL(origin).hostname;
  return {
    enrolmentOptions: (person, known) =>
      generateRegistrationOptions({
        rpName: 'Keyward',
        rpID,
        userName: person.email ?? person.name,
        userDisplayName: person.name,
        // Authenticators keep it: it tells people apart and says nothing about them.
        userID: new Uint8Array(createHash('sha256').update(person.id).digest()),
        attestationType: 'none',
        supportedAlgorithmIDs: algorithms,
        excludeCredentials: known.map(descriptor),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      }),
    async enrolled(response, { challenge, personId, name, now }) {
      const parsed = registration.safeParse(response);
      if (!parsed.success) throw notEnrolled(parsed.error);
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: parsed.data,
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: rpID,
        requireUserVerification: true,
        supportedAlgorithmIDs: algorithms,
      }).catch((error: unknown) => {
        throw notEnrolled(error);
      });
      if (!verified) throw notEnrolled();
      const { id, publicKey } = registrationInfo.credential;
      return {
        credentialId: id,
        personId,
        name,
        publicKey: Buffer.from(publicKey).toString('base64url'),
        transports: parsed.data.response.transports,
        createdAt: now,
      };
    },
    signingOptions: (digest, known) =>
      generateAuthenticationOptions({
        rpID,
        challenge: new Uint8Array(Buffer.from(digest, 'hex')),
        allowCredentials: known.map(descriptor),
        userVerification: 'required',
      }),
    async signed(response, digest, known) {
      const parsed = authentication.safeParse(response);
      if (!parsed.success) throw invalid(parsed.error);
      const passkey = known.find(({ credentialId }) => credentialId === parsed.data.id);
      if (passkey === undefined) {
        throw new PasskeyInvalid('This passkey is not one of yours here. Enrol it on the page first.');
      }
      const { credentialId, publicKey } = passkey;
      const { verified } = await verifyAuthenticationResponse({
        response: parsed.data,
        expectedChallenge: Buffer.from(digest, 'hex').toString('base64url'),
        expectedOrigin: origin,
        expectedRPID: rpID,
        requireUserVerification: true,
        credential: {
          id: credentialId,
          publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')),
          counter: UNCOUNTED,
        },
      }).catch((error: unknown) => {
        throw invalid(error);
      });
      if (!verified) throw invalid();
      const { authenticatorData, clientDataJSON, signature } = parsed.data.response;
      return { credentialId, publicKey, authenticatorData, clientDataJSON, signature };
    },
  };
}

function descriptor({ credentialId, transports: known }: PasskeyRecord) {
  return { id: credentialId, transports: known };
}

function invalid(cause?: unknown): PasskeyInvalid {
  return new PasskeyInvalid(
    'What your passkey signed does not fit this request. Open the request again and approve it there.',
    {},
    { cause },
  );
}

function notEnrolled(cause?: unknown): PasskeyInvalid {
  return new PasskeyInvalid(
    'What your passkey answered does not fit this enrolment. Begin again, and let it verify that it is you.',
    {},
    { cause },
  );
}
