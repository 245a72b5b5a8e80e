import { randomBytes } from 'node:crypto';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
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
  GetParametersForImportCommand,
  GetPublicKeyCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyPoliciesCommand,
  ListKeyRotationsCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
  UpdatePrimaryRegionCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { DOES_NOT_EXPIRE, importInto } from '../unit/local/kms/imports.ts';
import { keyPolicy } from '../unit/local/kms/started-kms.ts';
import type { Family, Form, Kind } from './guide.ts';
import { MESSAGE, type Subject } from './subjects.ts';

export interface PlayedCall {
  /** The kinds of keys that it is played on: those that can do it, and for what is done to keys one of each other kind. */
  readonly kinds: readonly Kind[];
  /** Whether the next call finds the subject as it was, also after one that succeeded. */
  readonly leavesAsItWas: boolean;
  /** Whether there is nothing to call it with. */
  readonly isImpossible?: (subject: Subject) => boolean;
  /** Resolves when the call succeeds. */
  readonly send: (subject: Subject, newAliasName: () => string) => Promise<unknown>;
}

const kinds = (family: Family, ...forms: readonly Form[]): Kind[] => forms.map((form) => ({ family, form }));

const MULTI_REGION = ['single-Region', 'primary', 'replica'] as const;
const ENCRYPTING = kinds(
  'symmetric',
  ...MULTI_REGION,
  'imported',
  'in a key store',
  'in an external key store',
);
const SIGNING = kinds('signing', ...MULTI_REGION);
const ANY = [
  ...ENCRYPTING,
  ...kinds('signing', 'single-Region'),
  ...kinds('authenticating', 'single-Region'),
];
/** A wrapping key takes long to make: it is not asked for of each kind that has none. */
const IMPORTING = kinds(
  'symmetric',
  'imported',
  'single-Region',
  'replica',
  'in a key store',
  'in an external key store',
);
const AUTHENTICATING = kinds('authenticating', ...MULTI_REGION);
const AGREEING = kinds('agreeing', ...MULTI_REGION);
const ENCAPSULATING = kinds('encapsulating', 'single-Region');

const reads = (on: readonly Kind[], send: PlayedCall['send']): PlayedCall => ({
  kinds: on,
  leavesAsItWas: true,
  send,
});
const changes = (on: readonly Kind[], send: PlayedCall['send']): PlayedCall => ({
  kinds: on,
  leavesAsItWas: false,
  send,
});

const hasNoGrant = ({ grantId }: Subject) => grantId === undefined;

const signing = { Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
const authenticating = { Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' } as const;
const encapsulating = { EncapsulationAlgorithm: 'ML_KEM' } as const;
const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const;

async function otherKey({ client }: Subject): Promise<string | undefined> {
  return (await client.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId;
}

/** The material that a key of imported material is rotated to. */
const importNext = (client: KMSClient, keyId: string) =>
  importInto(client, keyId, randomBytes(32), { ...DOES_NOT_EXPIRE, ImportType: 'NEW_KEY_MATERIAL' });

/** Every operation on a key, as it succeeds when nothing stands against it. */
export const CALLS: Readonly<Record<string, PlayedCall>> = {
  CancelKeyDeletion: changes(ANY, ({ client, keyId: KeyId }) =>
    client.send(new CancelKeyDeletionCommand({ KeyId })),
  ),
  CreateAlias: reads(ANY, ({ client, keyId: TargetKeyId }, newAliasName) =>
    client.send(new CreateAliasCommand({ AliasName: newAliasName(), TargetKeyId })),
  ),
  CreateGrant: reads(ANY, ({ client, keyId: KeyId }) =>
    client.send(
      new CreateGrantCommand({
        KeyId,
        GranteePrincipal: 'arn:aws:iam::000000000000:role/App',
        Operations: ['DescribeKey'],
      }),
    ),
  ),
  Decapsulate: reads(ENCAPSULATING, ({ client, keyId: KeyId, made: { SharedSecretCiphertextBlob } }) =>
    client.send(new DecapsulateCommand({ KeyId, ...encapsulating, SharedSecretCiphertextBlob })),
  ),
  Decrypt: reads(ENCRYPTING, ({ client, made: { CiphertextBlob } }) =>
    client.send(new DecryptCommand({ CiphertextBlob })),
  ),
  DeleteAlias: changes(ANY, ({ client, alias: AliasName }) =>
    client.send(new DeleteAliasCommand({ AliasName })),
  ),
  DeleteImportedKeyMaterial: changes(IMPORTING, ({ client, keyId: KeyId }) =>
    client.send(new DeleteImportedKeyMaterialCommand({ KeyId })),
  ),
  DeriveSharedSecret: reads(AGREEING, ({ client, keyId: KeyId, made: { PublicKey } }) =>
    client.send(new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey })),
  ),
  DescribeKey: reads(ANY, ({ client, keyId: KeyId }) => client.send(new DescribeKeyCommand({ KeyId }))),
  DisableKey: changes(ANY, ({ client, keyId: KeyId }) => client.send(new DisableKeyCommand({ KeyId }))),
  DisableKeyRotation: reads(ENCRYPTING, ({ client, keyId: KeyId }) =>
    client.send(new DisableKeyRotationCommand({ KeyId })),
  ),
  EnableKey: changes(ANY, ({ client, keyId: KeyId }) => client.send(new EnableKeyCommand({ KeyId }))),
  EnableKeyRotation: reads(ANY, ({ client, keyId: KeyId }) =>
    client.send(new EnableKeyRotationCommand({ KeyId })),
  ),
  Encapsulate: reads(ENCAPSULATING, ({ client, keyId: KeyId }) =>
    client.send(new EncapsulateCommand({ KeyId, ...encapsulating })),
  ),
  Encrypt: reads(ENCRYPTING, ({ client, keyId: KeyId }) =>
    client.send(new EncryptCommand({ KeyId, Plaintext: MESSAGE })),
  ),
  GenerateDataKey: reads(ENCRYPTING, ({ client, keyId: KeyId }) =>
    client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })),
  ),
  GenerateDataKeyPair: reads(ENCRYPTING, ({ client, keyId: KeyId }) =>
    client.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
  ),
  GenerateDataKeyPairWithoutPlaintext: reads(ENCRYPTING, ({ client, keyId: KeyId }) =>
    client.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
  ),
  GenerateDataKeyWithoutPlaintext: reads(ENCRYPTING, ({ client, keyId: KeyId }) =>
    client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: 'AES_256' })),
  ),
  GenerateMac: reads(AUTHENTICATING, ({ client, keyId: KeyId }) =>
    client.send(new GenerateMacCommand({ KeyId, ...authenticating })),
  ),
  GetKeyLastUsage: reads(ANY, ({ client, keyId: KeyId }) =>
    client.send(new GetKeyLastUsageCommand({ KeyId })),
  ),
  GetKeyPolicy: reads(ANY, ({ client, keyId: KeyId }) => client.send(new GetKeyPolicyCommand({ KeyId }))),
  GetKeyRotationStatus: reads(ENCRYPTING, ({ client, keyId: KeyId }) =>
    client.send(new GetKeyRotationStatusCommand({ KeyId })),
  ),
  GetParametersForImport: reads(IMPORTING, ({ client, keyId: KeyId }) =>
    client.send(new GetParametersForImportCommand({ KeyId, ...wrapping })),
  ),
  GetPublicKey: reads(SIGNING, ({ client, keyId: KeyId }) => client.send(new GetPublicKeyCommand({ KeyId }))),
  ImportKeyMaterial: changes(IMPORTING, ({ client, keyId: KeyId, importing }) =>
    client.send(
      new ImportKeyMaterialCommand({ KeyId, ...importing, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }),
    ),
  ),
  ListAliases: reads(ANY, ({ client, keyId: KeyId }) => client.send(new ListAliasesCommand({ KeyId }))),
  ListGrants: reads(ANY, ({ client, keyId: KeyId }) => client.send(new ListGrantsCommand({ KeyId }))),
  ListKeyPolicies: reads(ANY, ({ client, keyId: KeyId }) =>
    client.send(new ListKeyPoliciesCommand({ KeyId })),
  ),
  ListKeyRotations: reads(ENCRYPTING, ({ client, keyId: KeyId }) =>
    client.send(new ListKeyRotationsCommand({ KeyId })),
  ),
  ListResourceTags: reads(ANY, ({ client, keyId: KeyId }) =>
    client.send(new ListResourceTagsCommand({ KeyId })),
  ),
  PutKeyPolicy: reads(ANY, ({ client, keyId: KeyId }) =>
    client.send(new PutKeyPolicyCommand({ KeyId, Policy: keyPolicy() })),
  ),
  ReEncrypt: reads(ENCRYPTING, async (subject) => {
    const { CiphertextBlob } = subject.made;
    const DestinationKeyId = await otherKey(subject);
    return await subject.client.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId }));
  }),
  ReplicateKey: changes(ANY, ({ client, keyId: KeyId }) =>
    client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'ap-southeast-2' })),
  ),
  RetireGrant: {
    ...changes(ANY, ({ client, arn: KeyId, grantId: GrantId }) =>
      client.send(new RetireGrantCommand({ KeyId, GrantId })),
    ),
    isImpossible: hasNoGrant,
  },
  RevokeGrant: {
    ...changes(ANY, ({ client, keyId: KeyId, grantId: GrantId }) =>
      client.send(new RevokeGrantCommand({ KeyId, GrantId })),
    ),
    isImpossible: hasNoGrant,
  },
  RotateKeyOnDemand: reads(ANY, async ({ client, keyId: KeyId, kind, state }) => {
    if (kind.form === 'imported' && state === 'Enabled') await importNext(client, KeyId);
    return await client.send(new RotateKeyOnDemandCommand({ KeyId }));
  }),
  ScheduleKeyDeletion: changes(ANY, ({ client, keyId: KeyId }) =>
    client.send(new ScheduleKeyDeletionCommand({ KeyId })),
  ),
  Sign: reads(SIGNING, ({ client, keyId: KeyId }) => client.send(new SignCommand({ KeyId, ...signing }))),
  TagResource: reads(ANY, ({ client, keyId: KeyId }) =>
    client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'pay' }] })),
  ),
  UntagResource: reads(ANY, ({ client, keyId: KeyId }) =>
    client.send(new UntagResourceCommand({ KeyId, TagKeys: ['team'] })),
  ),
  UpdateAlias: reads(ENCRYPTING, async (subject, newAliasName) => {
    const { client, keyId } = subject;
    const AliasName = newAliasName();
    await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: await otherKey(subject) }));
    return await client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: keyId }));
  }),
  UpdateKeyDescription: reads(ANY, ({ client, keyId: KeyId }) =>
    client.send(new UpdateKeyDescriptionCommand({ KeyId, Description: 'new' })),
  ),
  UpdatePrimaryRegion: changes(ANY, ({ client, keyId: KeyId, otherRegion: PrimaryRegion }) =>
    client.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion })),
  ),
  Verify: reads(SIGNING, ({ client, keyId: KeyId, made: { Signature } }) =>
    client.send(new VerifyCommand({ KeyId, ...signing, Signature })),
  ),
  VerifyMac: reads(AUTHENTICATING, ({ client, keyId: KeyId, made: { Mac } }) =>
    client.send(new VerifyMacCommand({ KeyId, ...authenticating, Mac })),
  ),
};
