/**
 * The members of AWS KMS's CloudTrail records as the AWS KMS Developer Guide shows them, an operation to a page ("Examples
 * of AWS KMS log entries"). A leaf stands for the type of its value, `null` for null; what is not named is not there.
 */
export type Shape =
  | null
  | 'string'
  | 'number'
  | 'boolean'
  | readonly Shape[]
  | { readonly [member: string]: Shape };

export interface DocumentedRecord {
  readonly readOnly: boolean;
  readonly requestParameters: Shape;
  readonly responseElements: Shape;
  readonly additionalEventData?: Shape;
  /** The kinds of its resources, in order. */
  readonly resources: readonly ('key' | 'alias')[];
}

const KEY_ARN = { keyId: 'string' } as const;
const MATERIAL = { keyMaterialId: 'string' } as const;

const read = (requestParameters: Shape, additionalEventData?: Shape): DocumentedRecord => ({
  readOnly: true,
  requestParameters,
  responseElements: null,
  ...(additionalEventData === undefined ? {} : { additionalEventData }),
  resources: ['key'],
});

const ofNoKey = (requestParameters: Shape): DocumentedRecord => ({
  ...read(requestParameters),
  resources: [],
});

const change = (requestParameters: Shape, responseElements: Shape): DocumentedRecord => ({
  readOnly: false,
  requestParameters,
  responseElements,
  resources: ['key'],
});

/** A call about a custom key store names it beside what was asked. */
const changeOfStore = (requestParameters: Shape): DocumentedRecord => ({
  ...change(requestParameters, null),
  additionalEventData: { customKeyStoreName: 'string', clusterId: 'string' },
  resources: [],
});

const CONTEXT = { Department: 'string', Project: 'string' } as const;

const KEY_METADATA = {
  aWSAccountId: 'string',
  keyId: 'string',
  arn: 'string',
  creationDate: 'string',
  enabled: 'boolean',
  description: 'string',
  keyUsage: 'string',
  keyState: 'string',
  origin: 'string',
  keyManager: 'string',
  customerMasterKeySpec: 'string',
  keySpec: 'string',
  encryptionAlgorithms: ['string'],
  multiRegion: 'boolean',
  currentKeyMaterialId: 'string',
} as const;

const REGION = { arn: 'string', region: 'string' } as const;

/** With the calls of `callEachOperation`: an optional member of a request is recorded when it was given. */
export const DOCUMENTED_RECORDS: Readonly<Record<string, DocumentedRecord>> = {
  CancelKeyDeletion: change({ keyId: 'string' }, KEY_ARN),
  ConnectCustomKeyStore: changeOfStore({ customKeyStoreId: 'string' }),
  CreateAlias: {
    ...change({ aliasName: 'string', targetKeyId: 'string' }, KEY_ARN),
    resources: ['key', 'alias'],
  },
  CreateCustomKeyStore: {
    ...change({ customKeyStoreName: 'string', clusterId: 'string' }, { customKeyStoreId: 'string' }),
    resources: [],
  },
  CreateGrant: change(
    {
      keyId: 'string',
      granteePrincipal: 'string',
      operations: ['string', 'string'],
      constraints: { encryptionContextSubset: CONTEXT },
    },
    { grantId: 'string', keyId: 'string' },
  ),
  CreateKey: change(
    {
      tags: [],
      keyUsage: 'string',
      description: 'string',
      origin: 'string',
      multiRegion: 'boolean',
      keySpec: 'string',
      customerMasterKeySpec: 'string',
      bypassPolicyLockoutSafetyCheck: 'boolean',
    },
    { keyMetadata: KEY_METADATA },
  ),
  Decapsulate: read({ keyId: 'string', encapsulationAlgorithm: 'string' }),
  Decrypt: read({ encryptionAlgorithm: 'string', keyId: 'string', encryptionContext: CONTEXT }, MATERIAL),
  DeleteAlias: { ...change({ aliasName: 'string' }, KEY_ARN), resources: ['alias', 'key'] },
  DeleteCustomKeyStore: changeOfStore({ customKeyStoreId: 'string' }),
  DeleteImportedKeyMaterial: change(
    { keyId: 'string', keyMaterialId: 'string' },
    { keyId: 'string', keyMaterialId: 'string' },
  ),
  DeriveSharedSecret: read({ keyAgreementAlgorithm: 'string', keyId: 'string' }),
  DescribeCustomKeyStores: ofNoKey({ customKeyStoreId: 'string' }),
  DescribeKey: read({ keyId: 'string' }),
  DisableKey: change({ keyId: 'string' }, KEY_ARN),
  DisableKeyRotation: change({ keyId: 'string' }, null),
  DisconnectCustomKeyStore: changeOfStore({ customKeyStoreId: 'string' }),
  EnableKey: change({ keyId: 'string' }, KEY_ARN),
  EnableKeyRotation: change({ keyId: 'string', rotationPeriodInDays: 'number' }, KEY_ARN),
  Encapsulate: read({ keyId: 'string', encapsulationAlgorithm: 'string' }),
  Encrypt: read({ encryptionAlgorithm: 'string', keyId: 'string', encryptionContext: CONTEXT }, MATERIAL),
  GenerateDataKey: read({ keyId: 'string', keySpec: 'string', encryptionContext: CONTEXT }, MATERIAL),
  GenerateDataKeyPair: read({ keyPairSpec: 'string', encryptionContext: CONTEXT, keyId: 'string' }, MATERIAL),
  GenerateDataKeyPairWithoutPlaintext: read({ keyPairSpec: 'string', keyId: 'string' }, MATERIAL),
  GenerateDataKeyWithoutPlaintext: read({ keyId: 'string', numberOfBytes: 'number' }, MATERIAL),
  GenerateMac: read({ macAlgorithm: 'string', keyId: 'string' }),
  GenerateRandom: ofNoKey(null),
  GetKeyLastUsage: read({ keyId: 'string' }),
  GetKeyPolicy: read({ keyId: 'string', policyName: 'string' }),
  GetKeyRotationStatus: read({ keyId: 'string' }),
  GetParametersForImport: read({ keyId: 'string', wrappingAlgorithm: 'string', wrappingKeySpec: 'string' }),
  GetPublicKey: read({ keyId: 'string' }),
  ImportKeyMaterial: change(
    {
      keyId: 'string',
      validTo: 'string',
      expirationModel: 'string',
      importType: 'string',
      keyMaterialDescription: 'string',
    },
    { keyId: 'string', keyMaterialId: 'string' },
  ),
  ListAliases: ofNoKey({ limit: 'number' }),
  ListGrants: read({ keyId: 'string', limit: 'number' }),
  ListKeyPolicies: read({ keyId: 'string' }),
  ListKeyRotations: read({ keyId: 'string', includeKeyMaterial: 'string' }),
  ListKeys: ofNoKey({}),
  ListResourceTags: read({ keyId: 'string' }),
  // Of this one AWS shows no record.
  ListRetirableGrants: ofNoKey({ retiringPrincipal: 'string' }),
  PutKeyPolicy: change(
    { keyId: 'string', policyName: 'string', policy: 'string', bypassPolicyLockoutSafetyCheck: 'boolean' },
    null,
  ),
  ReEncrypt: {
    ...read(
      {
        sourceEncryptionAlgorithm: 'string',
        sourceEncryptionContext: CONTEXT,
        destinationKeyId: 'string',
        destinationEncryptionAlgorithm: 'string',
        destinationEncryptionContext: { Level: 'string' },
      },
      { destinationKeyMaterialId: 'string', sourceKeyMaterialId: 'string' },
    ),
    resources: ['key', 'key'],
  },
  ReplicateKey: change(
    {
      keyId: 'string',
      replicaRegion: 'string',
      bypassPolicyLockoutSafetyCheck: 'boolean',
      description: 'string',
      tags: [],
    },
    {
      replicaKeyMetadata: {
        ...KEY_METADATA,
        multiRegionConfiguration: { multiRegionKeyType: 'string', primaryKey: REGION, replicaKeys: [REGION] },
      },
      replicaPolicy: 'string',
      replicaTags: [],
    },
  ),
  RetireGrant: { ...change(null, null), additionalEventData: { grantId: 'string' } },
  RevokeGrant: change({ keyId: 'string', grantId: 'string' }, null),
  RotateKeyOnDemand: change({ keyId: 'string' }, { keyId: 'string' }),
  ScheduleKeyDeletion: change(
    { pendingWindowInDays: 'number', keyId: 'string' },
    { keyId: 'string', keyState: 'string', deletionDate: 'string', pendingWindowInDays: 'number' },
  ),
  Sign: read({ messageType: 'string', keyId: 'string', signingAlgorithm: 'string' }),
  TagResource: change({ keyId: 'string', tags: [{ tagKey: 'string', tagValue: 'string' }] }, KEY_ARN),
  UntagResource: change({ keyId: 'string', tagKeys: ['string'] }, KEY_ARN),
  UpdateAlias: {
    ...change({ aliasName: 'string', targetKeyId: 'string' }, KEY_ARN),
    resources: ['alias', 'key'],
  },
  UpdateCustomKeyStore: changeOfStore({ customKeyStoreId: 'string', clusterId: 'string' }),
  UpdateKeyDescription: change({ keyId: 'string', description: 'string' }, null),
  UpdatePrimaryRegion: change({ keyId: 'string', primaryRegion: 'string' }, KEY_ARN),
  Verify: read({ signingAlgorithm: 'string', keyId: 'string', messageType: 'string' }),
  VerifyMac: read({ macAlgorithm: 'string', keyId: 'string' }),
};

const WHO_AND_WHERE = {
  eventVersion: 'string',
  userIdentity: {
    type: 'string',
    principalId: 'string',
    arn: 'string',
    accountId: 'string',
    accessKeyId: 'string',
    userName: 'string',
  },
  eventTime: 'string',
  eventSource: 'string',
  eventName: 'string',
  awsRegion: 'string',
  sourceIPAddress: 'string',
  userAgent: 'string',
  eventID: 'string',
  readOnly: 'boolean',
  eventType: 'string',
  managementEvent: 'boolean',
  recipientAccountId: 'string',
  eventCategory: 'string',
} as const;

const RESOURCE = { accountId: 'string', type: 'string', ARN: 'string' } as const;

/** The shape of the whole record of a user's call. */
export function shapeOfCall({ resources, readOnly: _readOnly, ...own }: DocumentedRecord): Shape {
  return {
    ...WHO_AND_WHERE,
    requestID: 'string',
    tlsDetails: { tlsVersion: 'string', cipherSuite: 'string', clientProvidedHostHeader: 'string' },
    ...own,
    ...(resources.length === 0 ? {} : { resources: resources.map(() => RESOURCE) }),
  };
}

/** The shape of the record of what AWS KMS does by itself. */
export function shapeOfServiceEvent(own: {
  readonly responseElements: Shape;
  readonly serviceEventDetails?: Shape;
}): Shape {
  return {
    ...WHO_AND_WHERE,
    userIdentity: { accountId: 'string', invokedBy: 'string' },
    requestParameters: null,
    resources: [RESOURCE],
    ...own,
  };
}

/** What is compared with these. Throws for what JSON does not have. */
export function shapeOf(value: unknown): Shape {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, shapeOf(inner)]));
  }
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  throw new TypeError(`JSON has no ${typeof value}.`);
}
