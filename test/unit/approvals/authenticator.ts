import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** What a browser is given by `navigator.credentials`, as JSON: RegistrationResponseJSON and AuthenticationResponseJSON. */
export interface PasskeyResponse {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly clientExtensionResults: Record<string, never>;
  readonly response: Readonly<Record<string, string>>;
}

export interface AuthenticatorOptions {
  /** Where the browser says it is: `https://host[:port]`. */
  readonly origin: string;
  /** Whether the person proves who they are, by PIN or finger, and not only that somebody is there. */
  readonly verifiesUser?: boolean;
  /** What the signature counter begins at, and whether it moves; 0 where the authenticator keeps none. */
  readonly counter?: number;
}

/**
 * A passkey in software: ES256, attestation `none`. A test changes what it is about (`origin`, `verifiesUser`,
 * `counter`) between two uses.
 */
export class Authenticator {
  origin: string;
  verifiesUser: boolean;
  counter: number;
  readonly credentialId = randomBytes(32);
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  constructor({ origin, verifiesUser = true, counter = 0 }: AuthenticatorOptions) {
    this.origin = origin;
    this.verifiesUser = verifiesUser;
    this.counter = counter;
  }

  /** Answers `navigator.credentials.create`, given the challenge (base64url) of its options. */
  enrol(challenge: string): PasskeyResponse {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.credentialId.length);
    const credential = [Buffer.alloc(16), length, this.credentialId, cbor(this.#publicKey())];
    const authData = Buffer.concat([this.#authenticatorData(0x40), ...credential]);
    const attestation = cbor(
      new Map<string, CborValue>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ]),
    );
    return this.#response({
      clientDataJSON: text(this.#clientData('webauthn.create', challenge)),
      attestationObject: text(attestation),
    });
  }

  /** Answers `navigator.credentials.get`, given the challenge (base64url) of its options. */
  sign(challenge: string): PasskeyResponse {
    if (this.counter > 0) this.counter += 1;
    const authenticatorData = this.#authenticatorData(0);
    const clientData = this.#clientData('webauthn.get', challenge);
    const signed = Buffer.concat([authenticatorData, sha256(clientData)]);
    return this.#response({
      clientDataJSON: text(clientData),
      authenticatorData: text(authenticatorData),
      signature: text(sign('sha256', signed, this.#keys.privateKey)),
    });
  }

  #response(response: PasskeyResponse['response']): PasskeyResponse {
    const id = text(this.credentialId);
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
  }

  /** RP ID hash, flags (present, verified, and what is given), counter. */
  #authenticatorData(flags: number): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.counter);
    const all = flags | 0x01 | (this.verifiesUser ? 0x04 : 0);
    return Buffer.concat([sha256(new URL(this.origin).hostname), Buffer.from([all]), counter]);
  }

  #clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }));
  }

  /** COSE_Key: kty EC2, alg ES256, crv P-256, x, y. */
  #publicKey(): Map<number, CborValue> {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' });
    return new Map<number, CborValue>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]);
  }
}

type CborValue = number | string | Uint8Array | ReadonlyMap<number | string, CborValue>;

/** The part of CBOR (RFC 8949) that WebAuthn needs here. */
function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  const pairs = [...value].flatMap(([key, held]) => [cbor(key), cbor(held)]);
  return Buffer.concat([head(5, value.size), ...pairs]);
}

function head(major: number, length: number): Buffer {
  const type = major << 5;
  if (length < 24) return Buffer.from([type | length]);
  if (length < 256) return Buffer.from([type | 24, length]);
  return Buffer.from([type | 25, length >> 8, length & 0xff]);
}

function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
