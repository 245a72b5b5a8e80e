import {
  type AlgorithmSpec,
  type CreateKeyCommandInput,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  type ImportKeyMaterialCommandInput,
  type KMSClient,
} from '@aws-sdk/client-kms';
import type { TestKms } from './local-kms.ts';
import { wrapped } from './wrapping.ts';

/** The members of ImportKeyMaterial that are not the material itself; it does not expire unless they say so. */
export type ImportTerms = Partial<
  Pick<
    ImportKeyMaterialCommandInput,
    'ExpirationModel' | 'ValidTo' | 'ImportType' | 'KeyMaterialId' | 'KeyMaterialDescription'
  >
>;

export interface Parameters {
  readonly keyId: string;
  readonly algorithm: AlgorithmSpec;
  readonly token: Uint8Array;
  readonly publicKey: Uint8Array;
}

export const DOES_NOT_EXPIRE = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;

/** A key that waits for its material. */
export const externalKey = (kms: TestKms, input: CreateKeyCommandInput = {}) =>
  kms.createKey({ ...input, Origin: 'EXTERNAL' });

/** What is needed to wrap material for the key, valid for a day. */
export async function parametersFor(
  client: KMSClient,
  keyId: string,
  algorithm: AlgorithmSpec = 'RSAES_OAEP_SHA_256',
): Promise<Parameters> {
  const { ImportToken = new Uint8Array(), PublicKey = new Uint8Array() } = await client.send(
    new GetParametersForImportCommand({
      KeyId: keyId,
      WrappingAlgorithm: algorithm,
      WrappingKeySpec: 'RSA_2048',
    }),
  );
  return { keyId, algorithm, token: ImportToken, publicKey: PublicKey };
}

export function importWith(
  client: KMSClient,
  { keyId, algorithm, token, publicKey }: Parameters,
  material: Uint8Array,
  terms: ImportTerms = DOES_NOT_EXPIRE,
) {
  return client.send(
    new ImportKeyMaterialCommand({
      KeyId: keyId,
      ImportToken: token,
      EncryptedKeyMaterial: wrapped(publicKey, algorithm, material),
      ...terms,
    }),
  );
}

/** Wraps the material and imports it. */
export async function importInto(
  client: KMSClient,
  keyId: string,
  material: Uint8Array,
  terms: ImportTerms = DOES_NOT_EXPIRE,
  algorithm: AlgorithmSpec = 'RSAES_OAEP_SHA_256',
) {
  return importWith(client, await parametersFor(client, keyId, algorithm), material, terms);
}
