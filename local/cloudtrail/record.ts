/** A CloudTrail record of a management event, as trails and EventBridge carry it since 2025. */
export interface CloudTrailRecord {
  readonly eventVersion: '1.11';
  readonly userIdentity: UserIdentity;
  /** ISO-8601 UTC, whole seconds. */
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: Fields | null;
  readonly responseElements: Fields | null;
  readonly additionalEventData?: Fields;
  /** Service events have none. */
  readonly requestID?: string;
  readonly eventID: string;
  readonly readOnly: boolean;
  readonly resources?: readonly RecordedResource[];
  readonly eventType: 'AwsApiCall' | 'AwsServiceEvent';
  readonly managementEvent: true;
  readonly recipientAccountId: string;
  readonly serviceEventDetails?: Fields;
  /** The same in the records of one call in several accounts; a call in one account has none. */
  readonly sharedEventID?: string;
  readonly eventCategory: 'Management';
  /** Service events and the calls of services have none. */
  readonly tlsDetails?: TlsDetails;
}

export interface TlsDetails {
  readonly tlsVersion: string;
  readonly cipherSuite: string;
  readonly clientProvidedHostHeader: string;
}

type Fields = Readonly<Record<string, unknown>>;

export interface RecordedResource {
  readonly accountId: string;
  readonly type: string;
  readonly ARN: string;
}

/** Who called; for a service event only the account and `invokedBy`, for a service that calls only `invokedBy`. */
export interface UserIdentity {
  readonly type?: 'Root' | 'IAMUser' | 'AssumedRole' | 'FederatedUser' | 'AWSService' | 'AWSAccount';
  readonly principalId?: string;
  readonly arn?: string;
  readonly accountId?: string;
  readonly accessKeyId?: string;
  readonly userName?: string;
  readonly invokedBy?: string;
  readonly sessionContext?: SessionContext;
}

interface SessionContext {
  readonly sessionIssuer: SessionIssuer;
  readonly attributes: { readonly creationDate: string; readonly mfaAuthenticated: 'false' | 'true' };
}

/** From whom the session has its permissions. */
export interface SessionIssuer {
  readonly type: 'Role' | 'Root';
  readonly principalId: string;
  readonly arn: string;
  readonly accountId: string;
  /** The name of the role. */
  readonly userName?: string;
}

/** A time as records write it: without fractions of a second. */
export function recordTime(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, -'.000Z'.length)}Z`;
}
