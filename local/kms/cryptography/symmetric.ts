import { IV_BYTES, open, type Sealed, seal, TAG_BYTES } from './aes-gcm.ts';

export type EncryptionContext = Readonly<Record<string, string>>;

/** Which key and which of its materials a ciphertext was made with; multi-Region keys have one id in all Regions. */
export interface CiphertextOrigin {
  readonly accountId: string;
  readonly keyId: string;
  readonly materialId: string;
}

/**
 * Ciphertext: a format byte, the account (6 bytes), the key's id (16 bytes), the material's id (32), the IV (12), the
 * authentication tag (16), then the AES-256-GCM output. All that comes before the IV is authenticated too.
 */
const FORMAT = { singleRegion: 2, multiRegion: 4 } as const;
const MULTI_REGION_PREFIX = 'mrk-';
const ACCOUNT_BYTES = 6;
const KEY_ID_AT = 1 + ACCOUNT_BYTES;
const MATERIAL_ID_AT = KEY_ID_AT + 16;
const HEADER_BYTES = MATERIAL_ID_AT + 32;

/** Where the key is that encrypts and decrypts. */
export interface SymmetricCipher {
  readonly seal: (plaintext: Buffer, authenticated: Buffer) => Sealed;
  /** Undefined when the ciphertext does not fit. */
  readonly open: (sealed: Sealed, authenticated: Buffer) => Buffer | undefined;
}

/** A key of 32 bytes that is at hand. */
export function cipherWith(secret: Buffer): SymmetricCipher {
  return {
    seal: (plaintext, authenticated) => seal(secret, plaintext, authenticated),
    open: (sealed, authenticated) => open(secret, sealed, authenticated),
  };
}

export function encryptSymmetric(
  cipher: SymmetricCipher,
  origin: CiphertextOrigin,
  plaintext: Buffer,
  context: EncryptionContext,
): Buffer {
  const header = headerOf(origin);
  const { iv, tag, ciphertext } = cipher.seal(plaintext, authenticatedData(header, context));
  return Buffer.concat([header, iv, tag, ciphertext]);
}

/** Undefined when these bytes are no ciphertext of this form. */
export function originOf(ciphertext: Buffer): CiphertextOrigin | undefined {
  if (ciphertext.length < HEADER_BYTES + IV_BYTES + TAG_BYTES) return undefined;
  const format = ciphertext[0];
  if (format !== FORMAT.singleRegion && format !== FORMAT.multiRegion) return undefined;
  const id = ciphertext.toString('hex', KEY_ID_AT, MATERIAL_ID_AT);
  return {
    accountId: String(ciphertext.readUIntBE(1, ACCOUNT_BYTES)).padStart(12, '0'),
    keyId:
      format === FORMAT.multiRegion
        ? MULTI_REGION_PREFIX + id
        : [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join('-'),
    materialId: ciphertext.toString('hex', MATERIAL_ID_AT, HEADER_BYTES),
  };
}

function headerOf({ accountId, keyId, materialId }: CiphertextOrigin): Buffer {
  const isMultiRegion = keyId.startsWith(MULTI_REGION_PREFIX);
  const account = Buffer.alloc(ACCOUNT_BYTES);
  account.writeUIntBE(Number(accountId), 0, ACCOUNT_BYTES);
  return Buffer.concat([
    Buffer.of(isMultiRegion ? FORMAT.multiRegion : FORMAT.singleRegion),
    account,
    Buffer.from(keyId.replace(MULTI_REGION_PREFIX, '').replaceAll('-', ''), 'hex'),
    Buffer.from(materialId, 'hex'),
  ]);
}

/** Undefined when the ciphertext was altered, or was made with another secret or encryption context. */
export function decryptSymmetric(
  cipher: SymmetricCipher,
  ciphertext: Buffer,
  context: EncryptionContext,
): Buffer | undefined {
  const header = ciphertext.subarray(0, HEADER_BYTES);
  const body = ciphertext.subarray(HEADER_BYTES);
  const sealed = {
    iv: body.subarray(0, IV_BYTES),
    tag: body.subarray(IV_BYTES, IV_BYTES + TAG_BYTES),
    ciphertext: body.subarray(IV_BYTES + TAG_BYTES),
  };
  return cipher.open(sealed, authenticatedData(header, context));
}

/** One byte string for one context: pairs in the order of their keys, each text after its length. */
function authenticatedData(header: Buffer, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context)
    .map(([key, value]) => ({ key: Buffer.from(key), value: Buffer.from(value) }))
    .toSorted((a, b) => a.key.compare(b.key));
  return Buffer.concat([header, ...pairs.flatMap(({ key, value }) => [sized(key), sized(value)])]);
}

function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
