import {
  CreateAliasCommand,
  CreateGrantCommand,
  type CreateGrantCommandInput,
  CreateKeyCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateMacCommand,
  GetKeyPolicyCommand,
  type GrantConstraints,
  type KMSClient,
  ListGrantsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCOUNT, identityPolicy, keyPolicy, startedKms, type TestKms } from './local-kms.ts';

const USER = `arn:aws:iam::${ACCOUNT}:user/ops`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/Rotator/run-1`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Rotator`;
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:orders`;

interface Keys {
  readonly plain: string;
  readonly other: string;
  readonly mac: string;
  readonly signing: string;
  readonly agreement: string;
}

type Send = (client: KMSClient, keys: Keys, root: KMSClient) => Promise<unknown>;

/** One call by somebody that a condition holds for, and another, or another wanted value, that it does not. */
interface Row {
  readonly call?: Send;
  readonly caller?: object;
  readonly wanted: readonly [operator: string, value: string | readonly string[]];
  readonly unlike: { readonly call?: Send; readonly caller?: object; readonly wanted?: string };
}

const describeKey =
  (name: keyof Keys): Send =>
  (client, keys) =>
    client.send(new DescribeKeyCommand({ KeyId: keys[name] }));
const encrypt =
  (EncryptionContext?: Record<string, string>, KeyId?: string): Send =>
  (client, keys) =>
    client.send(
      new EncryptCommand({ KeyId: KeyId ?? keys.plain, Plaintext: Buffer.from('x'), EncryptionContext }),
    );
const createGrant =
  (input: Partial<CreateGrantCommandInput>): Send =>
  (client, { plain }) =>
    client.send(
      new CreateGrantCommand({ KeyId: plain, GranteePrincipal: ROLE, Operations: ['Encrypt'], ...input }),
    );
const toService = (input: Partial<CreateGrantCommandInput>): Send =>
  createGrant({
    GranteePrincipal: undefined,
    GranteeServicePrincipal: 'sqs.amazonaws.com',
    RetiringServicePrincipal: 'sqs.amazonaws.com',
    Constraints: { SourceArn: QUEUE },
    ...input,
  });
/** By the account of the key: whom the grant names needs no policy. */
const retireGrant =
  (Constraints?: GrantConstraints): Send =>
  async (client, keys, root) => {
    const { GrantToken } = await root.send(
      new CreateGrantCommand({
        KeyId: keys.plain,
        GranteePrincipal: ROLE,
        Operations: ['Encrypt'],
        Constraints,
      }),
    );
    return client.send(new RetireGrantCommand({ GrantToken }));
  };
const sign =
  (SigningAlgorithm: 'ECDSA_SHA_256' | 'ECDSA_SHA_384', MessageType: 'RAW' | 'DIGEST'): Send =>
  (client, { signing }) =>
    client.send(
      new SignCommand({ KeyId: signing, Message: Buffer.alloc(32), MessageType, SigningAlgorithm }),
    );
const mac =
  (MacAlgorithm: 'HMAC_SHA_256' | 'HMAC_SHA_512'): Send =>
  (client, keys) =>
    client.send(new GenerateMacCommand({ KeyId: keys.mac, Message: Buffer.from('x'), MacAlgorithm }));
const keyPair =
  (KeyPairSpec: 'ECC_NIST_P256' | 'ECC_NIST_P384'): Send =>
  (client, { plain }) =>
    client.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId: plain, KeyPairSpec }));
const reEncrypt =
  (to: keyof Keys): Send =>
  (client, keys) =>
    client.send(
      new ReEncryptCommand({
        CiphertextBlob: undefined,
        SourceKeyId: keys.plain,
        DestinationKeyId: keys[to],
        DryRun: true,
        DryRunModifiers: ['IGNORE_CIPHERTEXT'],
      }),
    );
const putPolicy =
  (BypassPolicyLockoutSafetyCheck?: boolean): Send =>
  (client, { other }) =>
    client.send(
      new PutKeyPolicyCommand({ KeyId: other, Policy: keyPolicy(), BypassPolicyLockoutSafetyCheck }),
    );
const rotate =
  (RotationPeriodInDays?: number): Send =>
  (client, { other }) =>
    client.send(new EnableKeyRotationCommand({ KeyId: other, RotationPeriodInDays }));
const schedule =
  (PendingWindowInDays?: number): Send =>
  (client, { other }) =>
    client.send(new ScheduleKeyDeletionCommand({ KeyId: other, PendingWindowInDays }));
const getPolicy =
  (PolicyName: string): Send =>
  (client, { plain }) =>
    client.send(new GetKeyPolicyCommand({ KeyId: plain, PolicyName }));
const listGrants: Send = (client, { plain }) => client.send(new ListGrantsCommand({ KeyId: plain }));
const derive: Send = (client, { agreement }) =>
  client.send(
    new DeriveSharedSecretCommand({
      KeyId: agreement,
      KeyAgreementAlgorithm: 'ECDH',
      PublicKey: Buffer.from('not a key'),
    }),
  );
const createKey: Send = (client) => client.send(new CreateKeyCommand({ Description: 'made' }));
const tag =
  (TagKey: string, TagValue: string): Send =>
  (client, { plain }) =>
    client.send(new TagResourceCommand({ KeyId: plain, Tags: [{ TagKey, TagValue }] }));

const user = { arn: USER };
const session = { arn: SESSION };
const federated = { arn: `arn:aws:sts::${ACCOUNT}:federated-user/bob` };
const viaSqs = { arn: USER, viaService: 'sqs.us-east-1.amazonaws.com' };

const rows: Record<string, Row[]> = {
  'kms:BypassPolicyLockoutSafetyCheck': [
    { call: putPolicy(true), wanted: ['Bool', 'true'], unlike: { call: putPolicy(false) } },
    { call: putPolicy(), wanted: ['Null', 'true'], unlike: { call: putPolicy(false) } },
  ],
  'kms:CallerAccount': [{ wanted: ['StringEquals', ACCOUNT], unlike: { wanted: '111122223333' } }],
  'kms:CustomerMasterKeySpec': [
    { wanted: ['StringEquals', 'SYMMETRIC_DEFAULT'], unlike: { call: describeKey('mac') } },
  ],
  'kms:CustomerMasterKeyUsage': [
    { wanted: ['StringEquals', 'ENCRYPT_DECRYPT'], unlike: { call: describeKey('mac') } },
  ],
  'kms:DataKeyPairSpec': [
    {
      call: keyPair('ECC_NIST_P256'),
      wanted: ['StringLike', '*P256'],
      unlike: { call: keyPair('ECC_NIST_P384') },
    },
  ],
  'kms:EncryptionAlgorithm': [
    {
      call: encrypt(),
      wanted: ['StringEquals', 'SYMMETRIC_DEFAULT'],
      unlike: { wanted: 'RSAES_OAEP_SHA_256' },
    },
    {
      call: keyPair('ECC_NIST_P256'),
      wanted: ['StringEquals', 'SYMMETRIC_DEFAULT'],
      unlike: { call: describeKey('plain') },
    },
  ],
  'kms:EncryptionContext:Tenant': [
    {
      call: encrypt({ tenant: 'acme' }),
      wanted: ['StringEquals', 'acme'],
      unlike: { call: encrypt({ tenant: 'Acme' }) },
    },
    {
      call: createGrant({ Constraints: { EncryptionContextSubset: { tenant: 'acme' } } }),
      wanted: ['StringEquals', 'acme'],
      unlike: { call: createGrant({ Constraints: { EncryptionContextEquals: { other: 'acme' } } }) },
    },
    {
      call: retireGrant({ EncryptionContextSubset: { tenant: 'acme' } }),
      wanted: ['StringEquals', 'acme'],
      unlike: { call: retireGrant() },
    },
  ],
  'kms:EncryptionContextKeys': [
    {
      call: encrypt({ tenant: 'acme', purpose: 'x' }),
      wanted: ['ForAnyValue:StringEquals', 'tenant'],
      unlike: { call: encrypt({ Tenant: 'acme' }) },
    },
    { call: encrypt({ tenant: 'acme' }), wanted: ['Null', 'false'], unlike: { call: encrypt() } },
    {
      call: createGrant({ Constraints: { EncryptionContextEquals: { tenant: 'acme' } } }),
      wanted: ['ForAnyValue:StringEquals', 'tenant'],
      unlike: { call: createGrant({}) },
    },
  ],
  'kms:GrantConstraintSourceArn': [
    {
      call: createGrant({ Constraints: { SourceArn: QUEUE } }),
      wanted: ['ArnEquals', QUEUE],
      unlike: { call: createGrant({}) },
    },
  ],
  'kms:GrantConstraintType': [
    {
      call: createGrant({ Constraints: { EncryptionContextEquals: { tenant: 'acme' } } }),
      wanted: ['StringEquals', 'EncryptionContextEquals'],
      unlike: { call: createGrant({ Constraints: { EncryptionContextSubset: { tenant: 'acme' } } }) },
    },
    {
      call: retireGrant({ EncryptionContextEquals: { tenant: 'acme' } }),
      wanted: ['StringEquals', 'EncryptionContextEquals'],
      unlike: { call: retireGrant({ EncryptionContextSubset: { tenant: 'acme' } }) },
    },
  ],
  'kms:GrantIsForAWSResource': [
    { call: createGrant({}), caller: viaSqs, wanted: ['Bool', 'true'], unlike: { caller: user } },
    { call: listGrants, caller: viaSqs, wanted: ['Bool', 'true'], unlike: { caller: user } },
    { call: listGrants, caller: viaSqs, wanted: ['Bool', 'true'], unlike: { call: describeKey('plain') } },
  ],
  'kms:GrantOperations': [
    {
      call: createGrant({ Operations: ['Encrypt'] }),
      wanted: ['ForAllValues:StringEquals', ['Encrypt', 'ReEncryptTo']],
      unlike: { call: createGrant({ Operations: ['Encrypt', 'Decrypt'] }) },
    },
  ],
  'kms:GranteePrincipal': [
    {
      call: createGrant({}),
      wanted: ['StringEquals', ROLE],
      unlike: { call: createGrant({ GranteePrincipal: `${ROLE}2` }) },
    },
  ],
  'kms:GranteeServicePrincipal': [
    {
      call: toService({}),
      wanted: ['StringEquals', 'sqs.amazonaws.com'],
      unlike: { call: toService({ GranteeServicePrincipal: 's3.amazonaws.com' }) },
    },
  ],
  'kms:KeyAgreementAlgorithm': [
    { call: derive, wanted: ['StringEquals', 'ECDH'], unlike: { call: describeKey('agreement') } },
  ],
  'kms:KeyOrigin': [
    { wanted: ['StringEquals', 'AWS_KMS'], unlike: { wanted: 'EXTERNAL' } },
    { call: createKey, wanted: ['StringEquals', 'AWS_KMS'], unlike: { wanted: 'EXTERNAL' } },
  ],
  'kms:KeySpec': [
    { wanted: ['StringEquals', 'SYMMETRIC_DEFAULT'], unlike: { call: describeKey('mac') } },
    { call: createKey, wanted: ['StringEquals', 'SYMMETRIC_DEFAULT'], unlike: { wanted: 'RSA_2048' } },
  ],
  'kms:KeyUsage': [
    { wanted: ['StringEquals', 'ENCRYPT_DECRYPT'], unlike: { call: describeKey('signing') } },
    { call: createKey, wanted: ['StringEquals', 'ENCRYPT_DECRYPT'], unlike: { wanted: 'SIGN_VERIFY' } },
  ],
  'kms:MacAlgorithm': [
    {
      call: mac('HMAC_SHA_256'),
      wanted: ['StringEquals', 'HMAC_SHA_256'],
      unlike: { call: mac('HMAC_SHA_512') },
    },
  ],
  'kms:MessageType': [
    {
      call: sign('ECDSA_SHA_256', 'RAW'),
      wanted: ['StringEquals', 'RAW'],
      unlike: { call: sign('ECDSA_SHA_256', 'DIGEST') },
    },
  ],
  'kms:MultiRegion': [
    { wanted: ['Bool', 'false'], unlike: { wanted: 'true' } },
    { call: createKey, wanted: ['Bool', 'false'], unlike: { wanted: 'true' } },
  ],
  'kms:PolicyName': [
    {
      call: getPolicy('default'),
      wanted: ['StringEquals', 'default'],
      unlike: { call: getPolicy('AWS_RAM') },
    },
  ],
  'kms:ReEncryptOnSameKey': [
    { call: reEncrypt('plain'), wanted: ['Bool', 'true'], unlike: { call: reEncrypt('other') } },
  ],
  'kms:RequestAlias': [
    { call: encrypt({}, 'alias/pay'), wanted: ['StringEquals', 'alias/pay'], unlike: { call: encrypt() } },
    {
      call: encrypt({}, `arn:aws:kms:us-east-1:${ACCOUNT}:alias/pay`),
      wanted: ['StringLike', 'alias/p*'],
      unlike: { call: encrypt() },
    },
  ],
  'kms:ResourceAliases': [
    { wanted: ['ForAnyValue:StringEquals', 'alias/pay'], unlike: { call: describeKey('other') } },
  ],
  'kms:RetiringPrincipal': [
    {
      call: createGrant({ RetiringPrincipal: ROLE }),
      wanted: ['StringEquals', ROLE],
      unlike: { call: createGrant({}) },
    },
  ],
  'kms:RetiringServicePrincipal': [
    {
      call: toService({}),
      wanted: ['StringEquals', 'sqs.amazonaws.com'],
      unlike: { call: toService({ RetiringServicePrincipal: 's3.amazonaws.com' }) },
    },
  ],
  'kms:RotationPeriodInDays': [
    { call: rotate(180), wanted: ['NumericLessThanEquals', '180'], unlike: { call: rotate(181) } },
    { call: rotate(), wanted: ['NumericEquals', '365'], unlike: { call: rotate(364) } },
  ],
  'kms:ScheduleKeyDeletionPendingWindowInDays': [
    { call: schedule(7), wanted: ['NumericLessThan', '30'], unlike: { call: schedule(30) } },
    { call: schedule(), wanted: ['NumericEquals', '30'], unlike: { call: schedule(29) } },
  ],
  'kms:SigningAlgorithm': [
    {
      call: sign('ECDSA_SHA_256', 'RAW'),
      wanted: ['StringEquals', 'ECDSA_SHA_256'],
      unlike: { call: sign('ECDSA_SHA_384', 'RAW') },
    },
  ],
  'kms:ViaService': [
    { caller: viaSqs, wanted: ['StringEquals', 'sqs.us-east-1.amazonaws.com'], unlike: { caller: user } },
  ],
  'aws:CalledVia': [
    { caller: viaSqs, wanted: ['ForAnyValue:StringEquals', 'sqs.amazonaws.com'], unlike: { caller: user } },
  ],
  'aws:CalledViaFirst': [
    { caller: viaSqs, wanted: ['StringEquals', 'sqs.amazonaws.com'], unlike: { caller: user } },
  ],
  'aws:CalledViaLast': [
    { caller: viaSqs, wanted: ['StringEquals', 'sqs.amazonaws.com'], unlike: { caller: user } },
  ],
  'aws:CurrentTime': [
    { wanted: ['DateGreaterThan', '2020-01-01T00:00:00Z'], unlike: { wanted: '2999-01-01T00:00:00Z' } },
  ],
  'aws:EpochTime': [
    { wanted: ['NumericGreaterThan', '1577836800'], unlike: { wanted: '32472144000' } },
    { wanted: ['DateGreaterThan', '2020-01-01'], unlike: { wanted: '32472144000' } },
  ],
  'aws:MultiFactorAuthAge': [
    {
      caller: { ...session, mfa: true },
      wanted: ['NumericLessThan', '3600'],
      unlike: { caller: session },
    },
  ],
  'aws:MultiFactorAuthPresent': [
    { caller: { ...session, mfa: true }, wanted: ['Bool', 'true'], unlike: { caller: session } },
    {
      caller: session,
      wanted: ['Null', 'true'],
      unlike: { caller: { ...session, mfa: true } },
    },
  ],
  'aws:PrincipalAccount': [{ wanted: ['StringEquals', ACCOUNT], unlike: { wanted: '111122223333' } }],
  'aws:PrincipalArn': [
    { caller: session, wanted: ['ArnEquals', ROLE], unlike: { caller: user } },
    { wanted: ['ArnLike', 'arn:aws:iam::*:user/*'], unlike: { caller: session } },
  ],
  'aws:PrincipalIsAWSService': [{ wanted: ['Bool', 'false'], unlike: { wanted: 'true' } }],
  'aws:PrincipalOrgID': [
    {
      caller: { ...user, organizationId: 'o-example' },
      wanted: ['StringEquals', 'o-example'],
      unlike: { caller: user },
    },
  ],
  'aws:PrincipalTag/Team': [
    {
      caller: { ...user, tags: { team: 'pay' } },
      wanted: ['StringEquals', 'pay'],
      unlike: { caller: user },
    },
    {
      caller: { ...session, tags: { team: 'other' }, sessionTags: { team: 'pay' } },
      wanted: ['StringEquals', 'pay'],
      unlike: { caller: { ...session, tags: { team: 'pay' }, sessionTags: { team: 'other' } } },
    },
  ],
  'aws:PrincipalType': [
    { wanted: ['StringEquals', 'User'], unlike: { caller: session } },
    { caller: session, wanted: ['StringEquals', 'AssumedRole'], unlike: { caller: user } },
    { caller: federated, wanted: ['StringEquals', 'FederatedUser'], unlike: { caller: user } },
  ],
  'aws:RequestedRegion': [{ wanted: ['StringEquals', 'us-east-1'], unlike: { wanted: 'eu-west-1' } }],
  'aws:RequestTag/team': [
    { call: tag('team', 'pay'), wanted: ['StringEquals', 'pay'], unlike: { call: tag('team', 'other') } },
  ],
  'aws:ResourceAccount': [{ wanted: ['StringEquals', ACCOUNT], unlike: { wanted: '111122223333' } }],
  'aws:ResourceTag/owner': [
    { wanted: ['StringEquals', 'ops'], unlike: { call: describeKey('other') } },
    { wanted: ['StringEquals', '${aws:username}'], unlike: { caller: session } },
  ],
  'aws:SecureTransport': [{ wanted: ['Bool', 'true'], unlike: { wanted: 'false' } }],
  'aws:SourceIp': [{ wanted: ['IpAddress', '127.0.0.0/8'], unlike: { wanted: '203.0.113.0/24' } }],
  'aws:TagKeys': [
    {
      call: tag('team', 'pay'),
      wanted: ['ForAnyValue:StringEquals', 'team'],
      unlike: { call: tag('Team', 'pay') },
    },
  ],
  'aws:TokenIssueTime': [
    { caller: session, wanted: ['DateGreaterThan', '2020-01-01T00:00:01Z'], unlike: { caller: user } },
  ],
  'aws:UserAgent': [{ wanted: ['StringLike', 'aws-sdk-js/*'], unlike: { wanted: 'aws-cli/*' } }],
  'aws:ViaAWSService': [
    { caller: viaSqs, wanted: ['Bool', 'true'], unlike: { caller: user } },
    { wanted: ['Bool', 'false'], unlike: { caller: viaSqs } },
  ],
  'aws:userid': [
    { caller: federated, wanted: ['StringEquals', `${ACCOUNT}:bob`], unlike: { caller: user } },
    { wanted: ['StringLike', 'AIDA*'], unlike: { caller: session } },
  ],
  'aws:username': [{ wanted: ['StringEquals', 'ops'], unlike: { caller: session } }],
};

describe('a policy may hinge on', () => {
  let kms: TestKms;
  let keys: Keys;

  beforeAll(async () => {
    kms = await startedKms();
    const made = await Promise.all([
      kms.createKey({ Tags: [{ TagKey: 'owner', TagValue: 'ops' }] }),
      kms.createKey(),
      kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
      kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
      kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }),
    ]);
    const [plain, other, mac, signing, agreement] = made.map(({ id }) => id);
    keys = {
      plain: plain ?? '',
      other: other ?? '',
      mac: mac ?? '',
      signing: signing ?? '',
      agreement: agreement ?? '',
    };
    await kms.root.send(new CreateAliasCommand({ AliasName: 'alias/pay', TargetKeyId: keys.plain }));
  });
  afterAll(() => kms.close());

  /** Whether the call is let through; what becomes of it then does not matter. */
  async function isLetThrough(call: Send, caller: object, ...statements: object[]): Promise<boolean> {
    const client = await kms.register({ ...caller, policies: [identityPolicy(...statements)] });
    try {
      await call(client, keys, kms.root);
      return true;
    } catch (error) {
      return (error as Error).name !== 'AccessDeniedException';
    }
  }

  const cases = Object.entries(rows).flatMap(([key, several]) =>
    several.map(
      (row) => [`${key} with ${row.wanted[0]} ${[row.wanted[1]].flat().join(', ')}`, key, row] as const,
    ),
  );

  test.each(cases)('%s', async (_title, key, row) => {
    const { call = describeKey('plain'), caller = user, unlike } = row;
    const [operator, value] = row.wanted;
    const all = { Action: 'kms:*', Resource: '*' };
    const when = (wanted: string | readonly string[]) => ({ Condition: { [operator]: { [key]: wanted } } });
    const otherCall = unlike.call ?? call;
    const otherCaller = unlike.caller ?? caller;
    const otherValue = unlike.wanted ?? value;
    const allowed = await isLetThrough(call, caller, { Effect: 'Allow', ...all, ...when(value) });
    const notAllowed = await isLetThrough(otherCall, otherCaller, {
      Effect: 'Allow',
      ...all,
      ...when(otherValue),
    });
    const everything = { Effect: 'Allow', ...all };
    const denied = await isLetThrough(call, caller, everything, {
      Effect: 'Deny',
      ...all,
      ...when(value),
    });
    const notDenied = await isLetThrough(otherCall, otherCaller, everything, {
      Effect: 'Deny',
      ...all,
      ...when(otherValue),
    });
    expect({ allowed, notAllowed, denied, notDenied }).toEqual({
      allowed: true,
      notAllowed: false,
      denied: false,
      notDenied: true,
    });
  });
});
