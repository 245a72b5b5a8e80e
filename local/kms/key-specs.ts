/** What the key specs of AWS KMS mean, and which of them this server has. */
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY';

export type KeySpec = keyof typeof KEY_SPECS;

const RSA_SIGNING = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
] as const;

const RSA_ENCRYPTION = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const;

export type SigningAlgorithm =
  | (typeof RSA_SIGNING)[number]
  | 'ECDSA_SHA_256'
  | 'ECDSA_SHA_384'
  | 'ECDSA_SHA_512'
  | 'ED25519_SHA_512';

export type EncryptionAlgorithm = (typeof RSA_ENCRYPTION)[number] | 'SYMMETRIC_DEFAULT';

interface SpecFacts {
  /** How to make the material: AES-256, an RSA modulus in bits, or a curve by its OpenSSL name. */
  readonly material: 'aes-256' | 'ed25519' | { readonly rsa: number } | { readonly curve: string };
  readonly encryption: readonly EncryptionAlgorithm[];
  readonly signing: readonly SigningAlgorithm[];
}

const rsa = (modulusLength: number) => ({
  material: { rsa: modulusLength },
  encryption: RSA_ENCRYPTION,
  signing: RSA_SIGNING,
});

const curve = (name: string, algorithm: SigningAlgorithm) => ({
  material: { curve: name },
  encryption: [],
  signing: [algorithm],
});

/** A usage is valid for a spec when it has an algorithm for it. */
export const KEY_SPECS = {
  SYMMETRIC_DEFAULT: { material: 'aes-256', encryption: ['SYMMETRIC_DEFAULT'], signing: [] },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: curve('prime256v1', 'ECDSA_SHA_256'),
  ECC_NIST_P384: curve('secp384r1', 'ECDSA_SHA_384'),
  ECC_NIST_P521: curve('secp521r1', 'ECDSA_SHA_512'),
  ECC_SECG_P256K1: curve('secp256k1', 'ECDSA_SHA_256'),
  ECC_NIST_EDWARDS25519: { material: 'ed25519', encryption: [], signing: ['ED25519_SHA_512'] },
} as const satisfies Record<string, SpecFacts>;

/** Specs and usages that AWS KMS has and this server does not: refused by name, not as a typing error. */
export const UNSUPPORTED_SPECS = [
  'HMAC_224',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'ML_KEM_512',
  'ML_KEM_768',
  'ML_KEM_1024',
  'SM2',
] as const;

export const UNSUPPORTED_USAGES = [
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
  'ENCAPSULATE_DECAPSULATE',
] as const;

export const UNSUPPORTED_SIGNING_ALGORITHMS = ['ED25519_PH_SHA_512', 'ML_DSA_SHAKE_256', 'SM2DSA'] as const;

export function isKeySpec(value: string): value is KeySpec {
  return Object.hasOwn(KEY_SPECS, value);
}

export function specFacts(spec: KeySpec): SpecFacts {
  return KEY_SPECS[spec];
}

export function isSymmetric(spec: KeySpec): boolean {
  return spec === 'SYMMETRIC_DEFAULT';
}
