import type { Account } from '../kms/account.ts';
import type { Caller } from '../kms/principals.ts';
import { type CloudTrailRecord, recordTime, type TlsDetails } from './record.ts';
import { userIdentity } from './user-identity.ts';

/** What every record has, of the account and Region that it is kept in; `time` in epoch milliseconds. */
function frame({ accountId, region }: Account, time: number) {
  return {
    eventVersion: '1.11',
    eventTime: recordTime(time),
    awsRegion: region,
    managementEvent: true,
    recipientAccountId: accountId,
    eventCategory: 'Management',
  } as const satisfies Partial<CloudTrailRecord>;
}

/** What the record of a call has, whatever the service. */
export function frameOfCall(caller: Caller, time: number) {
  return {
    ...frame(caller.account, time),
    userIdentity: userIdentity(caller),
    eventType: 'AwsApiCall',
  } as const satisfies Partial<CloudTrailRecord>;
}

/** What the record of something has that a service did by itself. */
export function frameOfServiceEvent(account: Account, time: number) {
  return {
    ...frame(account, time),
    userIdentity: { accountId: account.accountId, invokedBy: 'AWS Internal' },
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    readOnly: false,
  } as const satisfies Partial<CloudTrailRecord>;
}

/** This server speaks plain HTTP; the record tells of the connection that the same client has to AWS. */
export function tlsDetails(host: string): TlsDetails {
  return {
    tlsVersion: 'TLSv1.3',
    cipherSuite: 'TLS_AES_256_GCM_SHA384',
    clientProvidedHostHeader: host,
  };
}
