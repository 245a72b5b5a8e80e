import type { KeyRecord, VersionRecord } from '../../../lambdas/domain/key.ts';
import { aKey, KEY_ID, REQUEST_ID } from '../domain/examples.ts';

/** CloudTrail records in the form of AWS's, and the registry's side of the key that they are about. */

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const KMS_KEY_ID = '0f2c9a4e-6b1d-4c57-9a3e-2d7f5b8c1e60';
export const KMS_KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${KMS_KEY_ID}`;
export const EVE = `arn:aws:iam::${ACCOUNT}:user/eve`;
export const STEP_ROLE = `arn:aws:iam::${ACCOUNT}:role/keyward/DisableKey`;

export type Fields = Readonly<Record<string, unknown>>;

export const eve = { type: 'IAMUser', arn: EVE, accountId: ACCOUNT, userName: 'eve' };

/** A session of a role, as STS names it. */
export function sessionOf(roleArn: string, changes: Fields = {}): Fields {
  const name = roleArn.split('/').at(-1);
  return {
    type: 'AssumedRole',
    principalId: 'AROAEXAMPLE:session',
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/session`,
    accountId: ACCOUNT,
    sessionContext: { sessionIssuer: { type: 'Role', arn: roleArn, accountId: ACCOUNT, userName: name } },
    ...changes,
  };
}

/** A change of the managed KMS key by eve, which went through. */
export function aRecord(eventName: string, changes: Fields = {}): Fields {
  return {
    eventVersion: '1.11',
    userIdentity: eve,
    eventTime: '2026-11-25T10:00:00Z',
    eventSource: 'kms.amazonaws.com',
    eventName,
    awsRegion: REGION,
    sourceIPAddress: '192.0.2.10',
    userAgent: 'aws-cli/2.31.0',
    requestParameters: { keyId: KMS_KEY_ID },
    responseElements: { keyId: KMS_KEY_ARN },
    requestID: '6d0b6f52-1c1e-4a0f-8e57-3f6e1f0a9b11',
    eventID: 'c9b5b6c2-7a44-4f51-8d1e-0a4b3f2e1d00',
    readOnly: false,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KMS_KEY_ARN }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    ...changes,
  };
}

/** A refusal that CloudTrail recorded with the key; most are recorded without. */
export const refused = { errorCode: 'AccessDenied', responseElements: null };

export function aboutAlias(alias: string): Fields {
  return {
    requestParameters: { aliasName: alias, targetKeyId: KMS_KEY_ID },
    resources: [
      { accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: `arn:aws:kms:${REGION}:${ACCOUNT}:${alias}` },
      { accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KMS_KEY_ARN },
    ],
  };
}

/** KMS itself at the end of a window. */
export const byKms = {
  userIdentity: { accountId: ACCOUNT, invokedBy: 'AWS Internal' },
  eventType: 'AwsServiceEvent',
  sourceIPAddress: 'AWS Internal',
  requestParameters: null,
  responseElements: null,
};

export const aVersion: VersionRecord = {
  keyId: KEY_ID,
  version: 1,
  state: 'active',
  kmsKeyId: KMS_KEY_ID,
  kmsKeyArn: KMS_KEY_ARN,
  backendState: 'Enabled',
  requestId: REQUEST_ID,
  createdAt: '2026-11-25T03:02:22.000Z',
  rowVersion: 1,
};

/** Its destruction was approved and scheduled an hour before the records. */
export const dyingKey: KeyRecord = {
  ...aKey,
  state: 'suspended',
  destruction: {
    status: 'scheduled',
    requestId: REQUEST_ID,
    scheduledAt: '2026-11-25T09:00:00.000Z',
    deletionDate: '2026-12-25T09:00:00.000Z',
    priorState: 'active',
  },
};

export const dyingVersion: VersionRecord = {
  ...aVersion,
  state: 'suspended',
  backendState: 'PendingDeletion',
};
