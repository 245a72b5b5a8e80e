import * as z from 'zod';
import { DAY_MILLISECONDS } from '../../clock/day.ts';
import { recordedDate, recordedFields } from '../audit/recorded-fields.ts';
import { importedMaterial, importedMaterialId } from '../cryptography/imported-material.ts';
import { unwrap } from '../cryptography/key-wrapping.ts';
import { publicKeyBytes } from '../cryptography/material.ts';
import { notFound, ServiceError, unsupported, validation } from '../errors.ts';
import {
  addMaterial,
  dropMaterial,
  lastingMaterials,
  refuseAllButImported,
  restoreMaterial,
} from '../key-import.ts';
import { encryptsSymmetrically, hasPublicKey } from '../key-specs.ts';
import { type Call, keyOperation, type Outcome } from '../operation.ts';
import type { ImportParameters } from '../store/import-parameters.ts';
import type { KmsKey } from '../store/keys.ts';
import type { Material } from '../store/materials.ts';
import { bytes, keyId, keyMaterialId, text } from './fields.ts';

const LONGEST_VALIDITY_DAYS = 365;

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
