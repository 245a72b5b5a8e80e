import {
  constants,
  createHash,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { Hash } from './hash.ts';

/** The RSA signature schemes of RFC 8017 over a digest that is already made. */

/** RFC 8017, 9.2 note 1: the DER before a digest in a DigestInfo. */
const DIGEST_INFO = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
} as const satisfies Record<Hash, string>;

const PSS_TRAILER = 0xbc;

export function signDigestPkcs1(key: KeyObject, digest: Buffer, hash: Hash): Buffer {
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo(hash, digest));
}

export function verifyDigestPkcs1(key: KeyObject, digest: Buffer, signature: Buffer, hash: Hash): boolean {
  const found = open(key, constants.RSA_PKCS1_PADDING, signature);
  return found !== undefined && equal(found, digestInfo(hash, digest));
}

/** EMSA-PSS with MGF1 over the same hash and a salt as long as the digest (RFC 8017, 9.1.1). */
export function signDigestPss(key: KeyObject, digest: Buffer, hash: Hash): Buffer {
  const salt = randomBytes(digest.length);
  const tag = pssTag(hash, digest, salt);
  const block = Buffer.alloc(modulusBytes(key) - digest.length - 1);
  block[block.length - salt.length - 1] = 1;
  salt.copy(block, block.length - salt.length);
  const masked = clearTopBit(xor(block, mask(hash, tag, block.length)));
  const encoded = Buffer.concat([masked, tag, Buffer.of(PSS_TRAILER)]);
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

/** RFC 8017, 9.1.2, for the same salt length. */
export function verifyDigestPss(key: KeyObject, digest: Buffer, signature: Buffer, hash: Hash): boolean {
  const encoded = open(key, constants.RSA_NO_PADDING, signature);
  const blockLength = modulusBytes(key) - digest.length - 1;
  if (encoded === undefined || encoded.at(-1) !== PSS_TRAILER || ((encoded[0] ?? 0) & 0x80) !== 0)
    return false;
  const tag = encoded.subarray(blockLength, -1);
  const block = clearTopBit(xor(encoded.subarray(0, blockLength), mask(hash, tag, blockLength)));
  const saltStart = blockLength - digest.length;
  const padding = Buffer.alloc(saltStart);
  padding[saltStart - 1] = 1;
  return (
    equal(block.subarray(0, saltStart), padding) &&
    equal(tag, pssTag(hash, digest, block.subarray(saltStart)))
  );
}

function pssTag(hash: Hash, digest: Buffer, salt: Buffer): Buffer {
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

/** MGF1 (RFC 8017, B.2.1). */
function mask(hash: Hash, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0, made = 0; made < length; counter += 1) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    const block = createHash(hash).update(seed).update(count).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function open(key: KeyObject, padding: number, signature: Buffer): Buffer | undefined {
  if (signature.length !== modulusBytes(key)) return undefined;
  try {
    return publicDecrypt({ key, padding }, signature);
  } catch {
    return undefined;
  }
}

const digestInfo = (hash: Hash, digest: Buffer) =>
  Buffer.concat([Buffer.from(DIGEST_INFO[hash], 'hex'), digest]);

const modulusBytes = (key: KeyObject) => (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;

const xor = (a: Buffer, b: Buffer) => Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));

const equal = (a: Buffer, b: Buffer) => a.length === b.length && timingSafeEqual(a, b);

/** The encoded message is one bit shorter than the modulus. */
function clearTopBit(block: Buffer): Buffer {
  block[0] = (block[0] ?? 0) & 0x7f;
  return block;
}
