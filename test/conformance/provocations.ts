import { randomBytes } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteImportedKeyMaterialCommand,
  EnableKeyRotationCommand,
  GenerateRandomCommand,
  type KMSClient,
  ListKeysCommand,
  ListRetirableGrantsCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms';
import { importInto, parametersFor } from '../unit/local/kms/imports.ts';
import { ROOT, type TestKms } from '../unit/local/kms/started-kms.ts';
import { wrapped } from '../unit/local/kms/wrapping.ts';
import { CALLS, type PlayedCall } from './calls.ts';
import { EXTERNAL_KEY_STORE_PROVOCATIONS } from './external-key-stores.ts';
import { expectationOf, type Kind, type State } from './guide.ts';
import { KEY_STORE_PROVOCATIONS } from './key-stores.ts';
import { AWAY, MESSAGE, type Subject, type Workshop } from './subjects.ts';
import { useWithoutHsm } from './without-hsm.ts';

/** What a call is made with. */
export interface Tools {
  readonly kms: TestKms;
  readonly workshop: Workshop;
}

type Provocation = (tools: Tools, operation: string) => Promise<unknown>;

/** Members that take the place of those of the call, or that it does not have. */
type Members = Readonly<Record<string, unknown>>;

const NO_KEY = '12345678-1234-1234-1234-123456789012';
const NO_ARN = 'arn:aws:kms:us-east-1:000000000000:thing/1';
const NO_GRANT = '0'.repeat(64);
const SYMMETRIC: Kind = { family: 'symmetric', form: 'single-Region' };
const DAY = 86_400_000;

/** The operation's call, on a key of the first kind that it is about. */
async function calledWith({ kms, workshop }: Tools, operation: string, members: Members, on: On = {}) {
  const call = callOf(operation);
  const kind = on.kind ?? call.kinds[0] ?? SYMMETRIC;
  const subject = await workshop.subject(kind, on.state ?? 'Enabled');
  await on.prepare?.(subject);
  const client = changingInput(kms.client('test', { region: subject.region }), operation, members);
  return await call.send({ ...subject, client }, () => workshop.newAliasName());
}

function callOf(operation: string): PlayedCall {
  const call = CALLS[operation];
  if (call === undefined) throw new Error(`There is no call of ${operation}.`);
  return call;
}

interface On {
  readonly kind?: Kind;
  readonly state?: State;
  readonly prepare?: (subject: Subject) => Promise<unknown>;
}

/** A client that changes the input of the calls of one operation. */
function changingInput(client: KMSClient, operation: string, members: Members): KMSClient {
  client.middlewareStack.add(
    (next, context) => (args) =>
      next(
        context.commandName === `${operation}Command`
          ? { ...args, input: { ...args.input, ...members } }
          : args,
      ),
    { step: 'initialize', name: 'changeInput', priority: 'high' },
  );
  return client;
}

const withMembers =
  (members: Members, on: On = {}): Provocation =>
  (tools, operation) =>
    calledWith(tools, operation, members, on);

const inState =
  (state: State): Provocation =>
  (tools, operation) =>
    calledWith(tools, operation, {}, { state });

const onKind =
  (family: Kind['family'], form: Kind['form'] = 'single-Region'): Provocation =>
  (tools, operation) =>
    calledWith(tools, operation, {}, { kind: { family, form } });

const sameTags = {
  Tags: [
    { TagKey: 'a', TagValue: '1' },
    { TagKey: 'a', TagValue: '2' },
  ],
};
const longPolicy = {
  Policy: JSON.stringify({ Version: '2012-10-17', Id: 'x'.repeat(33_000), Statement: [] }),
};

/** A key with as many aliases as it can have. */
async function fullOfAliases({ client, keyId }: Subject, workshop: Workshop): Promise<void> {
  for (let count = 1; count < 50; count += 1) {
    await client.send(new CreateAliasCommand({ AliasName: workshop.newAliasName(), TargetKeyId: keyId }));
  }
}

const makeKey =
  (members: Members): Provocation =>
  ({ kms }) =>
    kms.root.send(new CreateKeyCommand(members));

/** How an error is provoked, the same way of every operation that declares it. */
const OF_ALL: Readonly<Record<string, Provocation>> = {
  NotFound: withMembers({ KeyId: NO_KEY, TargetKeyId: NO_KEY, DestinationKeyId: NO_KEY }),
  InvalidArn: withMembers({ KeyId: NO_ARN, TargetKeyId: NO_ARN }),
  Disabled: inState('Disabled'),
  KMSInvalidState: inState('PendingDeletion'),
  InvalidGrantToken: withMembers({ GrantTokens: ['of no grant'] }),
  DryRunOperation: withMembers({ DryRun: true }),
  InvalidMarker: withMembers({ Marker: 'of no page' }),
  InvalidKeyUsage: onKind('agreeing'),
  KeyUnavailable: ({ workshop }, operation) =>
    useWithoutHsm((subject) => callOf(operation).send(subject, () => workshop.newAliasName())),
  MalformedPolicyDocument: withMembers({ Policy: '{}' }),
  Tag: withMembers(sameTags),
};

/** Where an operation has a way of its own. */
const OF_ONE: Readonly<Record<string, Provocation>> = {
  ...KEY_STORE_PROVOCATIONS,
  ...EXTERNAL_KEY_STORE_PROVOCATIONS,
  'CancelKeyDeletion.KMSInvalidState': inState('Enabled'),
  'CreateAlias.AlreadyExists': async (tools, operation) => {
    const { alias } = await tools.workshop.subject(SYMMETRIC, 'Enabled');
    return await calledWith(tools, operation, { AliasName: alias });
  },
  'CreateAlias.InvalidAliasName': withMembers({ AliasName: 'alias/aws/mine' }),
  'CreateAlias.LimitExceeded': (tools, operation) =>
    calledWith(tools, operation, {}, { prepare: (subject) => fullOfAliases(subject, tools.workshop) }),
  'CreateKey.LimitExceeded': makeKey(longPolicy),
  'CreateKey.MalformedPolicyDocument': makeKey({ Policy: '{}' }),
  'CreateKey.Tag': makeKey(sameTags),
  'CreateKey.UnsupportedOperation': makeKey({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }),
  'Decapsulate.InvalidKeyUsage': withMembers(
    { SharedSecretCiphertextBlob: MESSAGE },
    { kind: { family: 'agreeing', form: 'single-Region' } },
  ),
  'Decapsulate.InvalidCiphertext': withMembers({ SharedSecretCiphertextBlob: MESSAGE }),
  'Decrypt.IncorrectKey': async (tools, operation) => {
    const { id } = await tools.kms.createKey();
    return await calledWith(tools, operation, { KeyId: id });
  },
  'Decrypt.InvalidCiphertext': withMembers({ CiphertextBlob: MESSAGE }),
  'Decrypt.InvalidKeyUsage': async (tools, operation) => {
    const { keyId } = await tools.workshop.subject({ family: 'agreeing', form: 'single-Region' }, 'Enabled');
    return await calledWith(tools, operation, { KeyId: keyId, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' });
  },
  'DeleteAlias.NotFound': withMembers({ AliasName: 'alias/of-nothing' }),
  'DeriveSharedSecret.InvalidKeyUsage': async (tools, operation) => {
    const { keyId } = await tools.workshop.subject(SYMMETRIC, 'Enabled');
    return await calledWith(tools, operation, { KeyId: keyId });
  },
  'DisableKeyRotation.UnsupportedOperation': onKind('symmetric', 'replica'),
  'EnableKeyRotation.UnsupportedOperation': onKind('signing'),
  'GenerateDataKeyPair.UnsupportedOperation': withMembers({ KeyPairSpec: 'SM2' }),
  'GenerateDataKeyPairWithoutPlaintext.UnsupportedOperation': withMembers({ KeyPairSpec: 'SM2' }),
  'GenerateRandom.CustomKeyStoreNotFound': ({ kms }) =>
    kms.root.send(new GenerateRandomCommand({ NumberOfBytes: 1, CustomKeyStoreId: 'cks-1234567890abcdef0' })),
  'GenerateRandom.UnsupportedOperation': ({ kms }) =>
    kms.root.send(
      new GenerateRandomCommand({
        NumberOfBytes: 1,
        Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' },
      }),
    ),
  'GetKeyRotationStatus.UnsupportedOperation': onKind('signing'),
  'GetParametersForImport.UnsupportedOperation': onKind('symmetric'),
  'GetPublicKey.UnsupportedOperation': onKind('symmetric'),
  'DeleteImportedKeyMaterial.KMSInvalidState': async ({ kms }) => {
    const { id: KeyId } = await kms.createKey({ Origin: 'EXTERNAL', MultiRegion: true });
    await importInto(kms.root, KeyId, randomBytes(32));
    await kms.post('/_local/durations', { ReplicateKey: DAY });
    await kms.root.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: AWAY }));
    return await kms.client('test', { region: AWAY }).send(new DeleteImportedKeyMaterialCommand({ KeyId }));
  },
  'DeleteImportedKeyMaterial.UnsupportedOperation': onKind('symmetric'),
  'GetParametersForImport.KMSInvalidState': inState('PendingDeletion'),
  'ImportKeyMaterial.ExpiredImportToken': (tools, operation) =>
    calledWith(tools, operation, {}, { prepare: async () => tools.kms.clock.advance(DAY) }),
  'ImportKeyMaterial.IncorrectKeyMaterial': async (tools, operation) => {
    const { client, keyId } = await tools.workshop.subject(
      { family: 'symmetric', form: 'imported' },
      'Enabled',
    );
    const { token: ImportToken, publicKey, algorithm } = await parametersFor(client, keyId);
    const EncryptedKeyMaterial = wrapped(publicKey, algorithm, randomBytes(32));
    return await calledWith(tools, operation, { KeyId: keyId, ImportToken, EncryptedKeyMaterial });
  },
  'ImportKeyMaterial.InvalidCiphertext': withMembers({ EncryptedKeyMaterial: MESSAGE }),
  'ImportKeyMaterial.InvalidImportToken': withMembers({ ImportToken: MESSAGE }),
  'ImportKeyMaterial.UnsupportedOperation': onKind('symmetric'),
  'ListRetirableGrants.InvalidArn': ({ kms }) =>
    kms.root.send(new ListRetirableGrantsCommand({ RetiringPrincipal: 'nobody' })),
  'ListRetirableGrants.InvalidMarker': ({ kms }) =>
    kms.root.send(new ListRetirableGrantsCommand({ RetiringPrincipal: ROOT, Marker: 'of no page' })),
  'ListGrants.InvalidGrantId': withMembers({ GrantId: 'of no grant' }),
  'ListKeyRotations.UnsupportedOperation': onKind('signing'),
  'ListKeys.InvalidMarker': ({ kms }) => kms.root.send(new ListKeysCommand({ Marker: 'of no page' })),
  'PutKeyPolicy.LimitExceeded': withMembers(longPolicy),
  'ReEncrypt.IncorrectKey': async (tools, operation) => {
    const { id } = await tools.kms.createKey();
    return await calledWith(tools, operation, { SourceKeyId: id });
  },
  'ReEncrypt.InvalidCiphertext': withMembers({ CiphertextBlob: MESSAGE }),
  'ReEncrypt.InvalidKeyUsage': async (tools, operation) => {
    const { keyId } = await tools.workshop.subject({ family: 'agreeing', form: 'single-Region' }, 'Enabled');
    return await calledWith(tools, operation, { DestinationKeyId: keyId });
  },
  'ReplicateKey.AlreadyExists': withMembers(
    { ReplicaRegion: 'eu-west-1' },
    { kind: { family: 'symmetric', form: 'primary' } },
  ),
  'ReplicateKey.Disabled': (tools, operation) =>
    calledWith(tools, operation, {}, { kind: { family: 'symmetric', form: 'primary' }, state: 'Disabled' }),
  'ReplicateKey.KMSInvalidState': (tools, operation) =>
    calledWith(
      tools,
      operation,
      {},
      { kind: { family: 'symmetric', form: 'primary' }, state: 'PendingDeletion' },
    ),
  'ReplicateKey.LimitExceeded': withMembers(longPolicy, { kind: { family: 'symmetric', form: 'primary' } }),
  'ReplicateKey.MalformedPolicyDocument': withMembers(
    { Policy: '{}' },
    { kind: { family: 'symmetric', form: 'primary' } },
  ),
  'ReplicateKey.Tag': withMembers(sameTags, { kind: { family: 'symmetric', form: 'primary' } }),
  'ReplicateKey.UnsupportedOperation': onKind('symmetric'),
  'RetireGrant.InvalidGrantId': withMembers({ GrantId: 'of no grant' }),
  'RetireGrant.InvalidGrantToken': withMembers({
    KeyId: undefined,
    GrantId: undefined,
    GrantToken: 'of no grant',
  }),
  'RetireGrant.NotFound': withMembers({ GrantId: NO_GRANT }),
  'RevokeGrant.InvalidGrantId': withMembers({ GrantId: 'of no grant' }),
  'RotateKeyOnDemand.Conflict': (tools, operation) =>
    calledWith(
      tools,
      operation,
      {},
      {
        prepare: async ({ client, keyId: KeyId }) => {
          await client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
          tools.kms.clock.advance(90 * DAY - 10 * 60_000);
        },
      },
    ),
  'RotateKeyOnDemand.LimitExceeded': (tools, operation) =>
    calledWith(
      tools,
      operation,
      {},
      {
        prepare: async ({ client, keyId: KeyId }) => {
          for (let count = 0; count < 25; count += 1)
            await client.send(new RotateKeyOnDemandCommand({ KeyId }));
        },
      },
    ),
  'RotateKeyOnDemand.UnsupportedOperation': onKind('signing'),
  'UntagResource.Tag': withMembers({ TagKeys: ['aws:mine'] }),
  'UpdateAlias.LimitExceeded': (tools, operation) =>
    calledWith(tools, operation, {}, { prepare: (subject) => fullOfAliases(subject, tools.workshop) }),
  'UpdatePrimaryRegion.Disabled': (tools, operation) =>
    calledWith(tools, operation, {}, { kind: { family: 'symmetric', form: 'primary' }, state: 'Disabled' }),
  'UpdatePrimaryRegion.KMSInvalidState': (tools, operation) =>
    calledWith(
      tools,
      operation,
      {},
      { kind: { family: 'symmetric', form: 'primary' }, state: 'PendingReplicaDeletion' },
    ),
  'UpdatePrimaryRegion.UnsupportedOperation': onKind('symmetric'),
  'Verify.InvalidKeyUsage': withMembers(
    { Signature: MESSAGE },
    { kind: { family: 'agreeing', form: 'single-Region' } },
  ),
  'Verify.KMSInvalidSignature': withMembers({ Signature: randomBytes(64) }),
  'VerifyMac.InvalidKeyUsage': withMembers(
    { Mac: MESSAGE },
    { kind: { family: 'agreeing', form: 'single-Region' } },
  ),
  'VerifyMac.KMSInvalidMac': withMembers({ Mac: randomBytes(32) }),
};

/** What is not provoked, by operation and error, and why. */
const NOT_PROVOKED: Readonly<Record<string, string>> = {
  'CreateGrant.LimitExceeded': 'a key has room for 50,000 grants',
  'CreateKey.InvalidArn': 'an ARN in a key policy that is none is MalformedPolicyDocumentException here',
  'DeleteAlias.KMSInvalidState': 'the guide has no state in which it is refused',
  'EnableKey.LimitExceeded': 'the quota of 100,000 keys counts disabled ones too',
  'GetKeyPolicy.KMSInvalidState': 'the guide has no state in which it is refused',
  'GetKeyRotationStatus.KMSInvalidState': 'the guide has no state in which it is refused',
  'GetPublicKey.Disabled': 'the guide lets it read the public key of a disabled key',
  'GetPublicKey.InvalidKeyUsage': 'every asymmetric key has a public key, whatever its usage',
  'ListGrants.KMSInvalidState': 'the guide has no state in which it is refused',
  'ListKeyPolicies.KMSInvalidState': 'the guide has no state in which it is refused',
  'ListKeyRotations.KMSInvalidState': 'the guide has no state in which it is refused',
  'ListRetirableGrants.NotFound': 'a principal need not exist to have nothing to retire',
  'PutKeyPolicy.KMSInvalidState': 'the guide has no state in which it is refused',
  'PutKeyPolicy.UnsupportedOperation': 'there is no policy of AWS RAM here',
  'RetireGrant.KMSInvalidState': 'the guide has no state in which it is refused',
  'RevokeGrant.KMSInvalidState': 'the guide has no state in which it is refused',
  'TagResource.LimitExceeded':
    'more tags than a key can have are TagException here; AWS does not say which it is',
};

/** How the error is provoked, or why it is not; undefined when neither is known. */
export function provocationOf(
  operation: string,
  error: string,
): Provocation | { readonly reason: string } | undefined {
  const reason =
    NOT_PROVOKED[`${operation}.${error}`] ??
    (error === 'KeyUnavailable' && !isForKeyStores(operation)
      ? 'keys in custom key stores are symmetric encryption keys, and protect no data key pairs'
      : undefined);
  const provocation = OF_ONE[`${operation}.${error}`] ?? OF_ALL[error];
  return reason === undefined ? provocation : { reason };
}

/** Whether a key in a custom key store can do it. */
const isForKeyStores = (operation: string) =>
  CALLS[operation]?.kinds.some(
    (kind) =>
      kind.form === 'in a key store' && expectationOf(operation, kind, 'Enabled')?.refusals.length === 0,
  ) === true;
