import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  type CreateKeyCommandInput,
  DecapsulateCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DeleteImportedKeyMaterialCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncapsulateCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GetKeyLastUsageCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyPoliciesCommand,
  ListKeyRotationsCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STATE_RULES } from '../../../../local/kms/key-states.ts';
import { OPERATIONS } from '../../../../local/kms/operations/index.ts';
import { importInto, importWith, type Parameters, parametersFor } from './imports.ts';
import { keyPolicy, startedKms, type TestKms } from './local-kms.ts';

const STATES = ['Enabled', 'Disabled', 'PendingDeletion'] as const;
type State = (typeof STATES)[number] | 'PendingImport';

/** The developer guide's footnotes. */
const DISABLED = ['DisabledException', 'is disabled.'] as const;
const DYING = ['KMSInvalidStateException', 'is pending deletion (or pending replica deletion).'] as const;
const ALIVE = ['KMSInvalidStateException', 'is not pending deletion.'] as const;
const WAITING = [
  'KMSInvalidStateException',
  'is pending import because no key material has ever been imported or one of the imported key materials is deleted or expired.',
] as const;
const EXTERNAL = [
  'UnsupportedOperationException',
  'origin is EXTERNAL which is not valid for this operation.',
] as const;

type Expected = 'ok' | typeof DISABLED | typeof DYING | typeof ALIVE | typeof WAITING | typeof EXTERNAL;

/** What a case can use: all of it was made while the key was enabled. */
interface Subject {
  readonly kms: TestKms;
  readonly key: string;
  readonly alias: string;
  readonly grant: string;
  readonly ciphertext: Uint8Array | undefined;
  readonly signature: Uint8Array | undefined;
  readonly mac: Uint8Array | undefined;
  readonly publicKey: Uint8Array | undefined;
  readonly encapsulated: Uint8Array | undefined;
  readonly parameters: Parameters | undefined;
}

type Act = (subject: Subject) => Promise<unknown>;

const signing = {
  Message: Buffer.from('message'),
  SigningAlgorithm: 'ECDSA_SHA_256',
} as const;
const encapsulation = { EncapsulationAlgorithm: 'ML_KEM' } as const;
const macing = { Message: Buffer.from('message'), MacAlgorithm: 'HMAC_SHA_256' } as const;
let aliases = 0;

const symmetric: Record<string, readonly [Expected, Expected, Expected, Act]> = {
  CancelKeyDeletion: [
    ALIVE,
    ALIVE,
    'ok',
    ({ kms, key }) => kms.root.send(new CancelKeyDeletionCommand({ KeyId: key })),
  ],
  CreateAlias: [
    'ok',
    'ok',
    DYING,
    ({ kms, key }) =>
      kms.root.send(new CreateAliasCommand({ AliasName: `alias/new-${++aliases}`, TargetKeyId: key })),
  ],
  CreateGrant: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) =>
      kms.root.send(
        new CreateGrantCommand({
          KeyId: key,
          GranteePrincipal: 'arn:aws:iam::000000000000:role/App',
          Operations: ['Decrypt'],
        }),
      ),
  ],
  Decrypt: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, ciphertext }) => kms.root.send(new DecryptCommand({ CiphertextBlob: ciphertext })),
  ],
  DeleteAlias: [
    'ok',
    'ok',
    'ok',
    ({ kms, alias }) => kms.root.send(new DeleteAliasCommand({ AliasName: alias })),
  ],
  DescribeKey: ['ok', 'ok', 'ok', ({ kms, key }) => kms.root.send(new DescribeKeyCommand({ KeyId: key }))],
  DisableKey: ['ok', 'ok', DYING, ({ kms, key }) => kms.root.send(new DisableKeyCommand({ KeyId: key }))],
  DisableKeyRotation: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) => kms.root.send(new DisableKeyRotationCommand({ KeyId: key })),
  ],
  EnableKey: ['ok', 'ok', DYING, ({ kms, key }) => kms.root.send(new EnableKeyCommand({ KeyId: key }))],
  EnableKeyRotation: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) => kms.root.send(new EnableKeyRotationCommand({ KeyId: key })),
  ],
  Encrypt: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) => kms.root.send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('plain') })),
  ],
  GenerateDataKey: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) => kms.root.send(new GenerateDataKeyCommand({ KeyId: key, KeySpec: 'AES_256' })),
  ],
  GenerateDataKeyPair: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) =>
      kms.root.send(new GenerateDataKeyPairCommand({ KeyId: key, KeyPairSpec: 'ECC_NIST_P256' })),
  ],
  GenerateDataKeyPairWithoutPlaintext: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) =>
      kms.root.send(
        new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId: key, KeyPairSpec: 'ECC_NIST_P256' }),
      ),
  ],
  GenerateDataKeyWithoutPlaintext: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) =>
      kms.root.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId: key, KeySpec: 'AES_256' })),
  ],
  GetKeyLastUsage: [
    'ok',
    'ok',
    'ok',
    ({ kms, key }) => kms.root.send(new GetKeyLastUsageCommand({ KeyId: key })),
  ],
  GetKeyPolicy: ['ok', 'ok', 'ok', ({ kms, key }) => kms.root.send(new GetKeyPolicyCommand({ KeyId: key }))],
  GetKeyRotationStatus: [
    'ok',
    'ok',
    'ok',
    ({ kms, key }) => kms.root.send(new GetKeyRotationStatusCommand({ KeyId: key })),
  ],
  ListAliases: ['ok', 'ok', 'ok', ({ kms, key }) => kms.root.send(new ListAliasesCommand({ KeyId: key }))],
  ListGrants: ['ok', 'ok', 'ok', ({ kms, key }) => kms.root.send(new ListGrantsCommand({ KeyId: key }))],
  ListKeyPolicies: [
    'ok',
    'ok',
    'ok',
    ({ kms, key }) => kms.root.send(new ListKeyPoliciesCommand({ KeyId: key })),
  ],
  ListKeyRotations: [
    'ok',
    'ok',
    'ok',
    ({ kms, key }) => kms.root.send(new ListKeyRotationsCommand({ KeyId: key })),
  ],
  ListResourceTags: [
    'ok',
    'ok',
    'ok',
    ({ kms, key }) => kms.root.send(new ListResourceTagsCommand({ KeyId: key })),
  ],
  PutKeyPolicy: [
    'ok',
    'ok',
    'ok',
    ({ kms, key }) => kms.root.send(new PutKeyPolicyCommand({ KeyId: key, Policy: keyPolicy() })),
  ],
  ReEncrypt: [
    'ok',
    DISABLED,
    DYING,
    async ({ kms, ciphertext }) => {
      const other = await kms.createKey();
      return kms.root.send(new ReEncryptCommand({ CiphertextBlob: ciphertext, DestinationKeyId: other.id }));
    },
  ],
  RetireGrant: [
    'ok',
    'ok',
    'ok',
    ({ kms, key, grant }) => kms.root.send(new RetireGrantCommand({ KeyId: key, GrantId: grant })),
  ],
  RevokeGrant: [
    'ok',
    'ok',
    'ok',
    ({ kms, key, grant }) => kms.root.send(new RevokeGrantCommand({ KeyId: key, GrantId: grant })),
  ],
  RotateKeyOnDemand: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) => kms.root.send(new RotateKeyOnDemandCommand({ KeyId: key })),
  ],
  ScheduleKeyDeletion: [
    'ok',
    'ok',
    DYING,
    ({ kms, key }) => kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: key })),
  ],
  TagResource: [
    'ok',
    'ok',
    DYING,
    ({ kms, key }) =>
      kms.root.send(new TagResourceCommand({ KeyId: key, Tags: [{ TagKey: 'team', TagValue: 'pay' }] })),
  ],
  UntagResource: [
    'ok',
    'ok',
    DYING,
    ({ kms, key }) => kms.root.send(new UntagResourceCommand({ KeyId: key, TagKeys: ['team'] })),
  ],
  UpdateAlias: [
    'ok',
    'ok',
    DYING,
    async ({ kms, key }) => {
      const other = await kms.createKey();
      const AliasName = `alias/moving-${++aliases}`;
      await kms.root.send(new CreateAliasCommand({ AliasName, TargetKeyId: other.id }));
      return kms.root.send(new UpdateAliasCommand({ AliasName, TargetKeyId: key }));
    },
  ],
  UpdateKeyDescription: [
    'ok',
    'ok',
    DYING,
    ({ kms, key }) => kms.root.send(new UpdateKeyDescriptionCommand({ KeyId: key, Description: 'new' })),
  ],
};

const asymmetric: Record<string, readonly [Expected, Expected, Expected, Act]> = {
  GetPublicKey: ['ok', 'ok', DYING, ({ kms, key }) => kms.root.send(new GetPublicKeyCommand({ KeyId: key }))],
  Sign: ['ok', DISABLED, DYING, ({ kms, key }) => kms.root.send(new SignCommand({ KeyId: key, ...signing }))],
  Verify: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key, signature }) =>
      kms.root.send(new VerifyCommand({ KeyId: key, ...signing, Signature: signature })),
  ],
};

const authenticating: Record<string, readonly [Expected, Expected, Expected, Act]> = {
  GenerateMac: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) => kms.root.send(new GenerateMacCommand({ KeyId: key, ...macing })),
  ],
  VerifyMac: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key, mac }) => kms.root.send(new VerifyMacCommand({ KeyId: key, ...macing, Mac: mac })),
  ],
};

const agreeing: Record<string, readonly [Expected, Expected, Expected, Act]> = {
  DeriveSharedSecret: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key, publicKey: PublicKey }) =>
      kms.root.send(new DeriveSharedSecretCommand({ KeyId: key, KeyAgreementAlgorithm: 'ECDH', PublicKey })),
  ],
};

const encapsulating: Record<string, readonly [Expected, Expected, Expected, Act]> = {
  Decapsulate: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key, encapsulated: SharedSecretCiphertextBlob }) =>
      kms.root.send(new DecapsulateCommand({ KeyId: key, ...encapsulation, SharedSecretCiphertextBlob })),
  ],
  Encapsulate: [
    'ok',
    DISABLED,
    DYING,
    ({ kms, key }) => kms.root.send(new EncapsulateCommand({ KeyId: key, ...encapsulation })),
  ],
};

const imported: Record<string, readonly [Expected, Expected, Expected, Act]> = {
  DeleteImportedKeyMaterial: [
    'ok',
    'ok',
    'ok',
    ({ kms, key }) => kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: key })),
  ],
  GetParametersForImport: ['ok', 'ok', DYING, ({ kms, key }) => parametersFor(kms.root, key)],
  ImportKeyMaterial: [
    'ok',
    'ok',
    DYING,
    ({ kms, parameters }) => importWith(kms.root, parameters ?? expect.unreachable(), materialOf('imported')),
  ],
};

/** Of keys of imported material, while that is missing: all that the guide does not allow. */
const PENDING_IMPORT: Record<string, Expected> = {
  CancelKeyDeletion: ALIVE,
  CreateGrant: WAITING,
  Decrypt: WAITING,
  DeriveSharedSecret: WAITING,
  DisableKey: WAITING,
  DisableKeyRotation: EXTERNAL,
  EnableKey: WAITING,
  EnableKeyRotation: EXTERNAL,
  Encrypt: WAITING,
  GenerateDataKey: WAITING,
  GenerateDataKeyPair: WAITING,
  GenerateDataKeyPairWithoutPlaintext: WAITING,
  GenerateDataKeyWithoutPlaintext: WAITING,
  GenerateMac: WAITING,
  GetKeyRotationStatus: EXTERNAL,
  ReEncrypt: WAITING,
  RotateKeyOnDemand: WAITING,
  Sign: WAITING,
  Verify: WAITING,
  VerifyMac: WAITING,
};

/** The kinds of keys, and what each makes while it is enabled. */
const KINDS = {
  symmetric: [{}, (KeyId) => kms.root.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('plain') }))],
  asymmetric: [
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    (KeyId) => kms.root.send(new SignCommand({ KeyId, ...signing })),
  ],
  authenticating: [
    { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    (KeyId) => kms.root.send(new GenerateMacCommand({ KeyId, ...macing })),
  ],
  agreeing: [
    { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
    (KeyId) => kms.root.send(new GetPublicKeyCommand({ KeyId })),
  ],
  encapsulating: [
    { KeySpec: 'ML_KEM_768', KeyUsage: 'ENCAPSULATE_DECAPSULATE' },
    (KeyId) => kms.root.send(new EncapsulateCommand({ KeyId, ...encapsulation })),
  ],
  imported: [{ Origin: 'EXTERNAL' }, async (KeyId) => ({ parameters: await parametersFor(kms.root, KeyId) })],
} as const satisfies Record<string, readonly [CreateKeyCommandInput, (keyId: string) => Promise<object>]>;
type Kind = keyof typeof KINDS;

const SYMMETRIC_MATERIAL = randomBytes(32);
const PRIVATE_KEY = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({
  format: 'der',
  type: 'pkcs8',
});

const materialOf = (kind: Kind) =>
  kind === 'asymmetric' || kind === 'agreeing' ? PRIVATE_KEY : SYMMETRIC_MATERIAL;

let kms: TestKms;
beforeAll(async () => {
  kms = await startedKms();
});
afterAll(() => kms.close());

/** A key in the state, with an alias and a grant, and something that it encrypted or signed. */
async function subjectIn(state: State, kind: Kind): Promise<Subject & { arn: string }> {
  const [input, make] = KINDS[kind];
  const isImported = kind === 'imported' || state === 'PendingImport';
  const { id: key, arn } = await kms.createKey(isImported ? { ...input, Origin: 'EXTERNAL' } : input);
  if (isImported) await importInto(kms.root, key, materialOf(kind));
  const alias = `alias/subject-${++aliases}`;
  await kms.root.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: key }));
  const { GrantId: grant = '' } = await kms.root.send(
    new CreateGrantCommand({
      KeyId: key,
      GranteePrincipal: 'arn:aws:iam::000000000000:role/App',
      Operations: ['DescribeKey'],
    }),
  );
  const made = await make(key);
  if (state === 'Disabled') await kms.root.send(new DisableKeyCommand({ KeyId: key }));
  if (state === 'PendingImport') {
    await kms.root.send(new DeleteImportedKeyMaterialCommand({ KeyId: key }));
  }
  if (state === 'PendingDeletion') await kms.root.send(new ScheduleKeyDeletionCommand({ KeyId: key }));
  return {
    kms,
    key,
    arn,
    alias,
    grant,
    ciphertext: 'CiphertextBlob' in made ? made.CiphertextBlob : undefined,
    signature: 'Signature' in made ? made.Signature : undefined,
    mac: 'Mac' in made ? made.Mac : undefined,
    publicKey: 'PublicKey' in made ? made.PublicKey : undefined,
    parameters: 'parameters' in made ? made.parameters : undefined,
    encapsulated: 'SharedSecretCiphertextBlob' in made ? made.SharedSecretCiphertextBlob : undefined,
  };
}

const rowsOf = (kind: Kind, rows: Record<string, readonly [Expected, Expected, Expected, Act]>) =>
  Object.entries(rows).map(([operation, row]) => ({ operation, row, kind }));

const rows = [
  ...rowsOf('symmetric', symmetric),
  ...rowsOf('asymmetric', asymmetric),
  ...rowsOf('authenticating', authenticating),
  ...rowsOf('agreeing', agreeing),
  ...rowsOf('encapsulating', encapsulating),
  ...rowsOf('imported', imported),
];

const cases = rows.flatMap(({ operation, row, kind }) => [
  ...STATES.map((state, index) => ({ operation, state, expected: row[index], act: row[3], kind })),
  ...(kind === 'encapsulating'
    ? []
    : [
        {
          operation,
          state: 'PendingImport' as const,
          expected: PENDING_IMPORT[operation] ?? 'ok',
          act: row[3],
          kind,
        },
      ]),
]);

describe('the key states of the developer guide', () => {
  test.each(cases)('$operation of a key that is $state', async ({ state, expected, act, kind }) => {
    const subject = await subjectIn(state, kind);
    if (!Array.isArray(expected)) {
      await expect(act(subject)).resolves.toBeDefined();
      return;
    }
    const [name, text] = expected;
    await expect(act(subject)).rejects.toMatchObject({ name, message: `${subject.arn} ${text}` });
  });

  test('no operation with a state rule is left out above', () => {
    const here = Object.keys(STATE_RULES).filter((operation) => Object.hasOwn(OPERATIONS, operation));
    const listed = [...rows.map(({ operation }) => operation), 'ReplicateKey', 'UpdatePrimaryRegion'];
    expect(listed.toSorted()).toEqual(here.toSorted());
  });

  test('an alias moves away from a key that is pending deletion', async () => {
    const { alias } = await subjectIn('PendingDeletion', 'symmetric');
    const other = await kms.createKey();
    await kms.root.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: other.id }));
    const { KeyMetadata } = await kms.root.send(new DescribeKeyCommand({ KeyId: alias }));
    expect(KeyMetadata?.KeyId).toBe(other.id);
  });
});
