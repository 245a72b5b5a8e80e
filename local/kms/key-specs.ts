/** What the key specs of AWS KMS mean, and which of them this server has. */
export const KEY_USAGES = [
  'ENCRYPT_DECRYPT',
  'SIGN_VERIFY',
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
  'ENCAPSULATE_DECAPSULATE',
] as const;

/** Who made a key's material, or holds it. */
export const ORIGINS = ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] as const;
export type Origin = (typeof ORIGINS)[number];

/** Whether a key of the origin is in a custom key store. */
export function isOfCustomKeyStore(origin: Origin): origin is 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE' {
  return origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE';
}

export type KeyUsage = (typeof KEY_USAGES)[number];

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
  | 'ED25519_SHA_512'
  | 'ML_DSA_SHAKE_256';

export type EncryptionAlgorithm = (typeof RSA_ENCRYPTION)[number] | 'SYMMETRIC_DEFAULT';

export type MacAlgorithm = 'HMAC_SHA_224' | 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512';

export type KeyAgreementAlgorithm = 'ECDH';

export type EncapsulationAlgorithm = 'ML_KEM';

export type MlDsaParameters = 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87';

export type MlKemParameters = 'ml-kem-512' | 'ml-kem-768' | 'ml-kem-1024';

/**
 * How to make key material: so many secret bytes, an RSA modulus in bits, or a curve or a set of parameters
 * by its OpenSSL name.
 */
export type MaterialKind =
  | 'ed25519'
  | { readonly secretBytes: number }
  | { readonly rsa: number }
  | { readonly curve: string }
  | { readonly mlDsa: MlDsaParameters }
  | { readonly mlKem: MlKemParameters };

interface SpecFacts {
  readonly material: MaterialKind;
  readonly encryption: readonly EncryptionAlgorithm[];
  readonly signing: readonly SigningAlgorithm[];
  readonly mac: readonly MacAlgorithm[];
  readonly agreement: readonly KeyAgreementAlgorithm[];
  readonly encapsulation: readonly EncapsulationAlgorithm[];
}

const NONE = { encryption: [], signing: [], mac: [], agreement: [], encapsulation: [] } as const;

const rsa = (modulusLength: number) => ({
  ...NONE,
  material: { rsa: modulusLength },
  encryption: RSA_ENCRYPTION,
  signing: RSA_SIGNING,
});

const curve = <A extends SigningAlgorithm>(name: string, algorithm: A) => ({
  ...NONE,
  material: { curve: name },
  signing: [algorithm],
});

/** AWS KMS agrees on secrets with the NIST curves only. */
const nistCurve = <A extends SigningAlgorithm>(name: string, algorithm: A) => ({
  ...curve(name, algorithm),
  agreement: ['ECDH'] as const,
});

/** The secret is as long as the MAC. */
const hmac = <A extends MacAlgorithm>(secretBytes: number, algorithm: A) => ({
  ...NONE,
  material: { secretBytes },
  mac: [algorithm],
});

const mlDsa = (parameters: MlDsaParameters) => ({
  ...NONE,
  material: { mlDsa: parameters },
  signing: ['ML_DSA_SHAKE_256'] as const,
});

const mlKem = (parameters: MlKemParameters) => ({
  ...NONE,
  material: { mlKem: parameters },
  encapsulation: ['ML_KEM'] as const,
});

/** A usage is valid for a spec when it has an algorithm for it. */
export const KEY_SPECS = {
  SYMMETRIC_DEFAULT: { ...NONE, material: { secretBytes: 32 }, encryption: ['SYMMETRIC_DEFAULT'] },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: nistCurve('prime256v1', 'ECDSA_SHA_256'),
  ECC_NIST_P384: nistCurve('secp384r1', 'ECDSA_SHA_384'),
  ECC_NIST_P521: nistCurve('secp521r1', 'ECDSA_SHA_512'),
  ECC_SECG_P256K1: curve('secp256k1', 'ECDSA_SHA_256'),
  ECC_NIST_EDWARDS25519: { ...NONE, material: 'ed25519', signing: ['ED25519_SHA_512'] },
  HMAC_224: hmac(28, 'HMAC_SHA_224'),
  HMAC_256: hmac(32, 'HMAC_SHA_256'),
  HMAC_384: hmac(48, 'HMAC_SHA_384'),
  HMAC_512: hmac(64, 'HMAC_SHA_512'),
  ML_DSA_44: mlDsa('ml-dsa-44'),
  ML_DSA_65: mlDsa('ml-dsa-65'),
  ML_DSA_87: mlDsa('ml-dsa-87'),
  ML_KEM_512: mlKem('ml-kem-512'),
  ML_KEM_768: mlKem('ml-kem-768'),
  ML_KEM_1024: mlKem('ml-kem-1024'),
} as const satisfies Record<string, SpecFacts>;

/** What AWS KMS has, in China alone but for Ed25519ph, and node:crypto has not: refused by name, not as a typing error. */
export const UNSUPPORTED_SPECS = ['SM2'] as const;

export const UNSUPPORTED_SIGNING_ALGORITHMS = ['ED25519_PH_SHA_512', 'SM2DSA'] as const;

export const UNSUPPORTED_ENCRYPTION_ALGORITHMS = ['SM2PKE'] as const;

export function isKeySpec(value: string): value is KeySpec {
  return Object.hasOwn(KEY_SPECS, value);
}

export function specFacts(spec: KeySpec): SpecFacts {
  return KEY_SPECS[spec];
}

const ALGORITHMS_FOR = {
  ENCRYPT_DECRYPT: 'encryption',
  SIGN_VERIFY: 'signing',
  GENERATE_VERIFY_MAC: 'mac',
  KEY_AGREEMENT: 'agreement',
  ENCAPSULATE_DECAPSULATE: 'encapsulation',
} as const satisfies Record<KeyUsage, keyof SpecFacts>;

/** What a key of the spec can do in this usage; empty when AWS KMS does not combine the two. */
export function algorithmsFor(spec: KeySpec, usage: KeyUsage): readonly string[] {
  return specFacts(spec)[ALGORITHMS_FOR[usage]];
}

/** Of the symmetric keys for encryption, that is: HMAC keys are symmetric too. */
export function encryptsSymmetrically(spec: KeySpec): boolean {
  return spec === 'SYMMETRIC_DEFAULT';
}

/** Post-quantum keys have material that AWS KMS made. */
export function isImportable(spec: KeySpec): boolean {
  return !spec.startsWith('ML_');
}

export function hasPublicKey(spec: KeySpec): boolean {
  const { material } = specFacts(spec);
  return typeof material === 'string' || !('secretBytes' in material);
}
