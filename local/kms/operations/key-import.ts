import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { importedMaterial, importedMaterialId } from '../cryptography/imported-material.ts';
import { unwrap, WRAPPING_ALGORITHMS, type WrappingAlgorithm } from '../cryptography/key-wrapping.ts';
import { generateMaterial, publicKeyBytes } from '../cryptography/material.ts';
import { notFound, ServiceError, unsupported, validation } from '../errors.ts';
import { parseInput } from '../input.ts';
import { addMaterial, dropMaterial, lastingMaterials, restoreMaterial } from '../key-import.ts';
import { resolveKey } from '../key-reference.ts';
import { encryptsSymmetrically, hasPublicKey } from '../key-specs.ts';
import { type Call, keyOperation, type Operation, type Outcome, prepared } from '../operation.ts';
import { recordedDate, recordedFields } from '../recorded-fields.ts';
import type { ImportParameters } from '../store/import-parameters.ts';
import type { KmsKey } from '../store/keys.ts';
import type { Material } from '../store/materials.ts';
import { bytes, keyId, keyMaterialId, text } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';

const DAY_MILLISECONDS = 86_400_000;

const TOKEN_BYTES = 64;

const LONGEST_VALIDITY_DAYS = 365;

const MODULUS_BITS = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 } as const;

const parametersSchema = z.object({
  KeyId: keyId,
  WrappingAlgorithm: z.enum([...WRAPPING_ALGORITHMS, 'RSAES_PKCS1_V1_5', 'SM2PKE']),
  WrappingKeySpec: z.enum(['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2']),
});

type ParametersInput = z.infer<typeof parametersSchema>;

/** The wrapping key is made before the atomic effect: it may take seconds. */
export const getParametersForImport: Operation = {
  readOnly: true,
  prepare: async (body) => {
    const input = parseInput(parametersSchema, body);
    const modulusBits = supportedModulus(input);
    const algorithm = supportedAlgorithm(input);
    const wrappingKey = await generateMaterial({ rsa: modulusBits });
    const conditions = () => ({
      'kms:wrappingalgorithm': [input.WrappingAlgorithm],
      'kms:wrappingkeyspec': [input.WrappingKeySpec],
    });
    return prepared({ conditions }, input, (kms) => {
      const resolved = resolveKey(kms, input.KeyId, 'key');
      const { key } = resolved;
      return {
        touches: [{ kind: 'key', ...resolved, refuseKind: refuseAllButImported }],
        effect: ({ now }) => {
          refuseUnsuitable(key, algorithm, modulusBits);
          const token = randomBytes(TOKEN_BYTES);
          const validTo = now + DAY_MILLISECONDS;
          const parameters = { token, keyId: key.id, wrappingKey, modulusBits, algorithm, validTo };
          resolved.kms.importParameters.insert(parameters);
          return {
            output: {
              KeyId: key.arn,
              ImportToken: token.toString('base64'),
              PublicKey: publicKeyBytes(wrappingKey).toString('base64'),
              ParametersValidTo: epochSeconds(validTo),
            },
          };
        },
      };
    });
  },
};

const importSchema = z.object({
  KeyId: keyId,
  ImportToken: bytes(1, 6144),
  EncryptedKeyMaterial: bytes(1, 6144),
  ExpirationModel: z
    .enum(['KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE'])
    .default('KEY_MATERIAL_EXPIRES'),
  /** Epoch seconds. */
  ValidTo: z.number().optional(),
  ImportType: z.enum(['NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL']).optional(),
  KeyMaterialId: keyMaterialId.optional(),
  KeyMaterialDescription: text(0, 256, '^[a-zA-Z0-9:/_\\s.-]+$').optional(),
});

type ImportInput = z.infer<typeof importSchema>;

export const importKeyMaterial = keyOperation({
  schema: importSchema,
  readOnly: false,
  refuseKind: refuseAllButImported,
  conditions: (input) => ({
    'kms:expirationmodel': [input.ExpirationModel],
    'kms:validto': input.ValidTo === undefined ? [] : [String(input.ValidTo)],
  }),
  recorded: ({ ValidTo, ...others }) => ({
    ...recordedFields(others),
    ...(ValidTo === undefined ? {} : { validTo: recordedDate(ValidTo * 1000) }),
  }),
  handle: (call, input) => {
    const { kms, key, now } = call;
    const validTo = expirationOf(input, now);
    if (!encryptsSymmetrically(key.spec)) refuseSymmetricMembers(key, input);
    const secret = unwrappedMaterial(call, input);
    const material: Material = {
      id: importedMaterialId(key.id, secret),
      secret,
      publicKey: hasPublicKey(key.spec) ? publicKeyBytes(secret) : null,
      rotatedAt: null,
      rotationType: null,
      awaitsRotation: lastingMaterials(kms, key.id).length > 0,
      validTo,
      description: input.KeyMaterialDescription ?? null,
    };
    if (isNew(call, input)) importNew(call, input, material);
    else importKnown(call, input, material);
    return answer(key, material.id);
  },
});

/** The current material unless one is named. What is not there any more, or never was, is as good as deleted. */
export const deleteImportedKeyMaterial = keyOperation({
  schema: z.object({ KeyId: keyId, KeyMaterialId: keyMaterialId.optional() }),
  readOnly: false,
  refuseKind: refuseAllButImported,
  handle: ({ kms, key }, input) => {
    const material =
      input.KeyMaterialId === undefined
        ? lastingMaterials(kms, key.id).at(-1)
        : kms.materials.find(key.id, input.KeyMaterialId);
    if (material !== undefined) dropMaterial(kms, key, material);
    else if (input.KeyMaterialId !== undefined) {
      throw notFound(`Key material ${input.KeyMaterialId} is not one of ${key.arn}.`);
    }
    return answer(key, material?.id);
  },
});

type KeyCall = Call & { readonly key: KmsKey };

/** Only the materials of symmetric encryption keys are named to their users. */
function answer(key: KmsKey, materialId: string | undefined): Outcome {
  const id = encryptsSymmetrically(key.spec) ? materialId : undefined;
  return {
    output: { KeyId: key.arn, KeyMaterialId: id },
    responseElements: { keyId: key.arn, ...(id === undefined ? {} : { keyMaterialId: id }) },
  };
}

/** Throws UnsupportedOperationException for a key that AWS KMS made the material of. */
function refuseAllButImported(key: KmsKey): void {
  if (key.origin !== 'EXTERNAL') {
    throw unsupported(`${key.arn} origin is ${key.origin} which is not valid for this operation.`);
  }
}

function supportedModulus({ WrappingKeySpec: spec }: ParametersInput): number {
  if (spec === 'SM2') throw unsupported('The local KMS has no wrapping key spec SM2.');
  return MODULUS_BITS[spec];
}

function supportedAlgorithm({ WrappingAlgorithm: asked }: ParametersInput): WrappingAlgorithm {
  if (asked === 'SM2PKE') throw unsupported('The local KMS has no wrapping algorithm SM2PKE.');
  if (asked === 'RSAES_PKCS1_V1_5') {
    throw unsupported('AWS KMS does not support the wrapping algorithm RSAES_PKCS1_V1_5 any more.');
  }
  return asked;
}

/** Secret bytes fit into one block of OAEP; the private keys of RSA, and of P-521 with RSA_2048, do not. */
function refuseUnsuitable(key: KmsKey, algorithm: WrappingAlgorithm, modulusBits: number): void {
  const isHybrid = algorithm === 'RSA_AES_KEY_WRAP_SHA_1' || algorithm === 'RSA_AES_KEY_WRAP_SHA_256';
  const isTooLong = key.spec.startsWith('RSA') || (key.spec === 'ECC_NIST_P521' && modulusBits === 2048);
  if (hasPublicKey(key.spec) ? isTooLong && !isHybrid : isHybrid) {
    throw unsupported(`${algorithm} with RSA_${modulusBits} does not wrap the material of ${key.spec} keys.`);
  }
}

/** When the material expires, in epoch milliseconds; null when it does not. Throws ValidationException. */
function expirationOf({ ExpirationModel: model, ValidTo: seconds }: ImportInput, now: number): number | null {
  if (model === 'KEY_MATERIAL_DOES_NOT_EXPIRE') {
    if (seconds !== undefined) throw validation(`ValidTo is not valid with ExpirationModel ${model}.`);
    return null;
  }
  if (seconds === undefined) throw validation(`ValidTo is required with ExpirationModel ${model}.`);
  const validTo = Math.round(seconds * 1000);
  if (validTo <= now || validTo > now + LONGEST_VALIDITY_DAYS * DAY_MILLISECONDS) {
    throw validation(`ValidTo must be in the future, and within ${LONGEST_VALIDITY_DAYS} days.`);
  }
  return validTo;
}

/** Keys that do not encrypt symmetrically have one material for good. */
function refuseSymmetricMembers(key: KmsKey, input: ImportInput): void {
  for (const member of ['ImportType', 'KeyMaterialId', 'KeyMaterialDescription'] as const) {
    if (input[member] !== undefined) {
      throw unsupported(`${member} is for symmetric encryption keys: ${key.arn} is a ${key.spec} key.`);
    }
  }
}

function unwrappedMaterial({ kms, key, now }: KeyCall, input: ImportInput): Buffer {
  const { wrappingKey, modulusBits, algorithm } = validParameters(
    kms.importParameters.find(key.id, input.ImportToken),
    now,
  );
  const plaintext = unwrap(wrappingKey, modulusBits, algorithm, input.EncryptedKeyMaterial);
  if (plaintext === undefined) {
    throw new ServiceError(
      'InvalidCiphertextException',
      `The key material is not wrapped with ${algorithm} under the public key of this import token.`,
    );
  }
  const material = importedMaterial(key.spec, plaintext);
  if (material === undefined) throw incorrectMaterial(`The key material is not valid for ${key.spec}.`);
  return material;
}

function validParameters(parameters: ImportParameters | undefined, now: number): ImportParameters {
  if (parameters === undefined) {
    throw new ServiceError('InvalidImportTokenException', 'The import token is not one of this KMS key.');
  }
  if (parameters.validTo <= now) {
    throw new ServiceError('ExpiredImportTokenException', 'The import token has expired.');
  }
  return parameters;
}

/** Replicas have no materials of their own: they wait for those of their primary key. */
function isNew({ kms, key }: KeyCall, { ImportType: type }: ImportInput): boolean {
  if (type !== undefined) return type === 'NEW_KEY_MATERIAL';
  return key.multiRegionType !== 'REPLICA' && kms.materials.list(key.id).length === 0;
}

function importNew({ kms, key }: KeyCall, input: ImportInput, material: Material): void {
  if (key.multiRegionType === 'REPLICA') {
    throw unsupported(`${key.arn} is a replica: import new key material into its primary key first.`);
  }
  if (input.KeyMaterialId !== undefined) {
    throw validation('KeyMaterialId is not valid with ImportType NEW_KEY_MATERIAL.');
  }
  const known = kms.materials.list(key.id);
  if (known.some(({ id }) => id === material.id)) {
    throw incorrectMaterial(`The key material is already one of ${key.arn}.`);
  }
  if (known.some(({ awaitsRotation }) => awaitsRotation)) {
    throw new ServiceError(
      'KMSInvalidStateException',
      `${key.arn} has key material that awaits its rotation: rotate to it, or delete it.`,
    );
  }
  addMaterial(kms, key, material);
}

function importKnown({ kms, key }: KeyCall, input: ImportInput, material: Material): void {
  const isAsked = input.KeyMaterialId === undefined || input.KeyMaterialId === material.id;
  if (!isAsked || kms.materials.find(key.id, material.id) === undefined) {
    throw incorrectMaterial(`The key material is not the same that was previously imported into ${key.arn}.`);
  }
  if (input.KeyMaterialDescription !== undefined && key.multiRegionType === 'REPLICA') {
    throw unsupported(`${key.arn} is a replica: describe the key material on its primary key.`);
  }
  restoreMaterial(kms, key, material);
}

const incorrectMaterial = (message: string) => new ServiceError('IncorrectKeyMaterialException', message);
