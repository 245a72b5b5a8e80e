import * as sdk from '@aws-sdk/client-kms';

/**
 * The API model of AWS KMS: the operations, members and types from the SDK's schemas, and the limits, which those leave
 * out, from the service model of botocore 1.44.8.
 */

export interface Limits {
  /** Of the characters of a text, the bytes of a blob, the entries of a list, or of the number itself. */
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  /** Enumerations only. */
  readonly values?: readonly string[];
}

export type Shape =
  | ({ readonly kind: 'string' | 'blob' | 'integer' | 'boolean' | 'timestamp' | 'map' } & Limits)
  | ({ readonly kind: 'list'; readonly of: Shape } & Limits)
  | { readonly kind: 'structure'; readonly members: readonly Member[] };

export interface Member {
  readonly name: string;
  readonly required: boolean;
  readonly shape: Shape;
}

export interface ModelOperation {
  readonly name: string;
  readonly members: readonly Member[];
}

const KEY_ID = { min: 1, max: 2048, pattern: '^\\p{ASCII}+$' };
const CIPHERTEXT = { min: 1, max: 6144 };
const PLAINTEXT = { min: 1, max: 4096 };
const GRANT_TOKEN = { min: 1, max: 8192 };
const STORE_NAME = { min: 1, max: 256 };
const PRINCIPAL = { min: 1, max: 256, pattern: '^[\\w+=,.@:/-]+$' };
const SERVICE = {
  min: 1,
  max: 128,
  pattern: '^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$',
};
const REGION = { min: 1, max: 32, pattern: '^([a-z]+-){2,3}\\d+$' };
const NAME = { min: 1, max: 256, pattern: '^[a-zA-Z0-9:/_-]+$' };
const TAG_KEY = { min: 1, max: 128 };
const among = (values: Readonly<Record<string, string>>): Limits => ({ values: Object.values(values) });

/** By the name of the member, or by `Operation.Member` where that is not enough. Of a list of texts: of each. */
const LIMITS: Readonly<Record<string, Limits>> = {
  AccessKeyId: { min: 20, max: 30, pattern: '^[A-Z2-7]+$' },
  AliasName: NAME,
  AttestationDocument: { min: 1, max: 262_144 },
  CiphertextBlob: CIPHERTEXT,
  CloudHsmClusterId: { min: 19, max: 24, pattern: 'cluster-[2-7a-zA-Z]{11,16}' },
  CustomKeyStoreId: { min: 1, max: 64 },
  CustomKeyStoreName: STORE_NAME,
  CustomKeyStoreType: among(sdk.CustomKeyStoreType),
  CustomerMasterKeySpec: among(sdk.CustomerMasterKeySpec),
  Description: { min: 0, max: 8192 },
  DestinationEncryptionAlgorithm: among(sdk.EncryptionAlgorithmSpec),
  DestinationKeyId: KEY_ID,
  DryRunModifiers: among(sdk.DryRunModifierType),
  EncapsulationAlgorithm: among(sdk.EncapsulationAlgorithmSpec),
  EncryptedKeyMaterial: CIPHERTEXT,
  EncryptionAlgorithm: among(sdk.EncryptionAlgorithmSpec),
  ExpirationModel: among(sdk.ExpirationModelType),
  GrantId: { min: 1, max: 128 },
  GrantToken: GRANT_TOKEN,
  GrantTokens: GRANT_TOKEN,
  GranteePrincipal: PRINCIPAL,
  GranteeServicePrincipal: SERVICE,
  ImportToken: CIPHERTEXT,
  ImportType: among(sdk.ImportType),
  IncludeKeyMaterial: among(sdk.IncludeKeyMaterial),
  KeyAgreementAlgorithm: among(sdk.KeyAgreementAlgorithmSpec),
  KeyEncryptionAlgorithm: among(sdk.KeyEncryptionMechanism),
  KeyId: KEY_ID,
  KeyMaterialDescription: { min: 0, max: 256, pattern: '^[a-zA-Z0-9:/_\\s.-]+$' },
  KeyMaterialId: { min: 64, max: 64, pattern: '^[a-f0-9]+$' },
  KeyPairSpec: among(sdk.DataKeyPairSpec),
  KeySpec: among(sdk.KeySpec),
  'GenerateDataKey.KeySpec': among(sdk.DataKeySpec),
  'GenerateDataKeyWithoutPlaintext.KeySpec': among(sdk.DataKeySpec),
  KeyStorePassword: { min: 7, max: 32 },
  KeyUsage: among(sdk.KeyUsageType),
  Limit: { min: 1, max: 1000 },
  Mac: CIPHERTEXT,
  MacAlgorithm: among(sdk.MacAlgorithmSpec),
  Marker: { min: 1, max: 1024, pattern: '[\\u0020-\\u00FF]*' },
  Message: PLAINTEXT,
  MessageType: among(sdk.MessageType),
  Name: NAME,
  NewCustomKeyStoreName: STORE_NAME,
  NumberOfBytes: { min: 1, max: 1024 },
  Operations: among(sdk.GrantOperation),
  Origin: among(sdk.OriginType),
  PendingWindowInDays: { min: 1, max: 365 },
  Plaintext: PLAINTEXT,
  Policy: { min: 1, max: 131_072, pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+' },
  PolicyName: { min: 1, max: 128, pattern: '[\\w]+' },
  PrimaryRegion: REGION,
  PublicKey: { min: 1, max: 8192 },
  RawSecretAccessKey: { min: 43, max: 64, pattern: '^[a-zA-Z0-9\\/+=]+$' },
  ReplicaRegion: REGION,
  RetiringPrincipal: PRINCIPAL,
  RetiringServicePrincipal: SERVICE,
  RotationPeriodInDays: { min: 90, max: 2560 },
  SharedSecretCiphertextBlob: CIPHERTEXT,
  Signature: CIPHERTEXT,
  SigningAlgorithm: among(sdk.SigningAlgorithmSpec),
  SourceArn: {
    min: 20,
    max: 512,
    pattern: '^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$',
  },
  SourceEncryptionAlgorithm: among(sdk.EncryptionAlgorithmSpec),
  SourceKeyId: KEY_ID,
  TagKey: TAG_KEY,
  TagKeys: TAG_KEY,
  TagValue: { min: 0, max: 256 },
  TargetKeyId: KEY_ID,
  TrustAnchorCertificate: { min: 1, max: 5000 },
  WrappingAlgorithm: among(sdk.AlgorithmSpec),
  WrappingKeySpec: among(sdk.WrappingKeySpec),
  XksKeyId: { min: 1, max: 128, pattern: '^[a-zA-Z0-9-_.]+$' },
  XksProxyConnectivity: among(sdk.XksProxyConnectivityType),
  XksProxyUriEndpoint: { min: 10, max: 128, pattern: '^https://[a-zA-Z0-9.-]+$' },
  XksProxyUriPath: {
    min: 10,
    max: 128,
    pattern: '^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$',
  },
  XksProxyVpcEndpointServiceName: {
    min: 20,
    max: 64,
    pattern: '^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$',
  },
  XksProxyVpcEndpointServiceOwner: { min: 12, max: 12, pattern: '[0-9]{12}' },
};

const LIST_LIMITS: Readonly<Record<string, Limits>> = { GrantTokens: { min: 0, max: 10 } };

const KINDS: Readonly<Record<number, 'string' | 'integer' | 'boolean' | 'timestamp' | 'blob'>> = {
  0: 'string',
  1: 'integer',
  2: 'boolean',
  4: 'timestamp',
  21: 'blob',
};

/** All operations of the SDK, in the order of their names. */
export const MODEL: readonly ModelOperation[] = Object.values(sdk)
  .filter((one) => Array.isArray(one))
  .flatMap(operationOf)
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** The SDK's schemas are arrays that begin with a number for their kind; an operation's is 9. */
function operationOf(schema: readonly unknown[]): ModelOperation[] {
  const [kind, , name, , input] = schema;
  if (kind !== 9 || typeof name !== 'string') return [];
  const shape = shapeOf(input, '', name);
  return [{ name, members: shape.kind === 'structure' ? shape.members : [] }];
}

function shapeOf(schema: unknown, member: string, operation: string): Shape {
  if (typeof schema === 'function') return shapeOf(schema(), member, operation);
  if (typeof schema === 'number') return simpleShape(schema, member, operation);
  if (!Array.isArray(schema)) throw new TypeError(`${operation}.${member} has a schema of an unknown kind.`);
  const parts: readonly unknown[] = schema;
  const [kind, , , , first, second, requiredCount] = parts;
  if (typeof kind === 'function' || kind === 0) return shapeOf(kind === 0 ? first : kind, member, operation);
  if (kind === 1) return { kind: 'list', of: shapeOf(first, member, operation), ...LIST_LIMITS[member] };
  if (kind === 3 && Array.isArray(first) && Array.isArray(second)) {
    const required = typeof requiredCount === 'number' ? requiredCount : 0;
    const members = first.map((name, index) => ({
      name: String(name),
      required: index < required,
      shape: shapeOf(second[index], String(name), operation),
    }));
    return { kind: 'structure', members };
  }
  throw new TypeError(`${operation}.${member} has a schema of the unknown kind ${String(kind)}.`);
}

function simpleShape(code: number, member: string, operation: string): Shape {
  if (code >= 128) return { kind: 'map' };
  if (code >= 64)
    return { kind: 'list', of: simpleShape(code - 64, member, operation), ...LIST_LIMITS[member] };
  const kind = KINDS[code];
  const limits = LIMITS[`${operation}.${member}`] ?? LIMITS[member];
  if (kind === undefined) throw new TypeError(`${operation}.${member} is of the unknown type ${code}.`);
  if (kind === 'boolean' || kind === 'timestamp') return { kind };
  if (limits === undefined) throw new TypeError(`The limits of ${operation}.${member} are not in the table.`);
  return { kind, ...limits };
}
