import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';

export const IV_BYTES = 12;
export const TAG_BYTES = 16;

/** What AES-256-GCM makes. */
export interface Sealed {
  /** 12 bytes. */
  readonly iv: Buffer;
  /** As long as the plaintext. */
  readonly ciphertext: Buffer;
  /** 16 bytes. */
  readonly tag: Buffer;
}

/**
 * Encrypts under a new IV. Throws RangeError when the secret is not 32 bytes: those are made a key here, since Node takes
 * several times as long when it has to find out that they are none yet.
 */
export function seal(secret: Uint8Array, plaintext: Buffer, authenticated: Buffer): Sealed {
  const iv = newIv();
  const cipher = createCipheriv(CIPHER, createSecretKey(secret), iv, { authTagLength: TAG_BYTES }).setAAD(
    authenticated,
  );
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { iv, ciphertext, tag: cipher.getAuthTag() };
}

/** Random bytes are made for many IVs at once: to ask for a dozen costs as much as for a thousand. */
const IVS_AT_ONCE = 256;
let unused = Buffer.alloc(0);

function newIv(): Buffer {
  if (unused.length === 0) unused = randomBytes(IVS_AT_ONCE * IV_BYTES);
  const iv = unused.subarray(0, IV_BYTES);
  unused = unused.subarray(IV_BYTES);
  return iv;
}

/** Undefined when something was altered, or was made with another secret or other authenticated data. */
export function open(
  secret: Uint8Array,
  { iv, ciphertext, tag }: Sealed,
  authenticated: Buffer,
): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, createSecretKey(secret), iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticated).setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    return undefined;
  }
}
