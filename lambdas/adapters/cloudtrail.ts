import * as z from 'zod';
import { KeywardError } from '../domain/errors.ts';
import { type Caller, printable, type RecordedCall } from '../domain/tampering.ts';

/** A CloudTrail record without the fields that every record has: it cannot be judged, and must not pass as harmless. */
export class RecordUnreadable extends KeywardError {
  constructor(eventId: string | undefined, issues: unknown) {
    super(
      'RecordUnreadable',
      'fault',
      'A CloudTrail record cannot be read. Find it in the dead-letter queue and judge it by hand.',
      { eventId: eventId === undefined ? undefined : printable(eventId, 64), issues },
    );
  }
}

// What is not needed to notice a call never keeps it from being noticed: a field in an unknown form counts as absent.
const optionalText = z.string().min(1).optional().catch(undefined);
const fields = z.record(z.string(), z.unknown()).catch({});

const identity = z
  .looseObject({
    arn: optionalText,
    principalId: optionalText,
    accountId: optionalText,
    invokedBy: optionalText,
    sessionContext: z
      .looseObject({ sessionIssuer: z.looseObject({ arn: optionalText }).optional().catch(undefined) })
      .optional()
      .catch(undefined),
  })
  .catch({});

const recordSchema = z.looseObject({
  eventID: z.string().min(1),
  eventName: z.string().min(1),
  eventTime: z.iso.datetime(),
  eventType: optionalText,
  awsRegion: optionalText,
  recipientAccountId: optionalText,
  errorCode: optionalText,
  errorMessage: optionalText,
  sourceIPAddress: optionalText,
  userIdentity: identity,
  requestParameters: fields,
  responseElements: fields,
  resources: z.array(z.looseObject({ ARN: optionalText }).catch({})).catch([]),
});
type CloudTrailRecord = z.infer<typeof recordSchema>;

const sourceSchema = z.looseObject({ eventSource: z.string(), eventID: optionalText });

/**
 * Reads one CloudTrail record. Undefined for a record that is not of KMS.
 * @throws RecordUnreadable
 */
export function readRecordedCall(record: unknown): RecordedCall | undefined {
  const source = sourceSchema.safeParse(record);
  if (!source.success) throw new RecordUnreadable(undefined, source.error.issues);
  if (source.data.eventSource !== 'kms.amazonaws.com') return undefined;
  const parsed = recordSchema.safeParse(record);
  if (!parsed.success) throw new RecordUnreadable(source.data.eventID, parsed.error.issues);
  const { data } = parsed;
  return {
    eventId: data.eventID,
    eventName: data.eventName,
    at: new Date(data.eventTime).toISOString(),
    errorCode: data.errorCode,
    caller: callerOf(data),
    sourceIp: data.sourceIPAddress,
    ...referencesOf(data),
    tagKeys: tagKeysOf(data),
  };
}

function callerOf({ userIdentity, eventType }: CloudTrailRecord): Caller {
  const { arn, accountId, principalId, invokedBy, sessionContext } = userIdentity;
  const roleArn = sessionContext?.sessionIssuer?.arn;
  const stranger =
    accountId === undefined ? undefined : `${principalId ?? 'somebody'} of account ${accountId}`;
  return {
    name:
      eventType === 'AwsServiceEvent' ? 'AWS KMS' : (arn ?? roleArn ?? stranger ?? invokedBy ?? 'Somebody'),
    roleArn,
    arn,
    service: invokedBy,
  };
}

const KEY_ARN = /^arn:[\w-]{1,32}:kms:[\w-]{1,32}:\d{12}:key\/[\w-]{1,64}$/;
const KEY_ID = /^[\w-]{1,64}$/;
const ALIAS = /^(?:arn:[\w-]+:kms:[\w-]+:\d{12}:)?(alias\/.+)$/s;

/**
 * The one place in which the record of a denied call may name its key. The text is IAM's own, word for word; of the
 * caller it holds an ARN, which has no blank.
 */
const DENIED_KEY =
  /^User: \S+ is not authorized to perform: kms:\w+ on resource: (arn:[\w-]{1,32}:kms:[\w-]{1,32}:\d{12}:key\/[\w-]{1,64}) /;

/**
 * The keys and aliases that a record names. Only `resources` is written by KMS alone; where it is missing, what the
 * answer says goes before what the caller said. A denied call often has neither.
 */
function referencesOf(record: CloudTrailRecord): Pick<RecordedCall, 'kmsKeyArns' | 'aliases'> {
  const { resources, responseElements, requestParameters, errorCode, errorMessage = '' } = record;
  const references = [
    ...resources.map(({ ARN }) => ARN),
    responseElements.keyId,
    requestParameters.keyId,
    requestParameters.targetKeyId,
    requestParameters.aliasName,
    errorCode === 'AccessDenied' ? DENIED_KEY.exec(errorMessage)?.[1] : undefined,
  ].filter((reference) => typeof reference === 'string');
  return {
    kmsKeyArns: distinct(references.map((reference) => keyArnOf(reference, record))),
    aliases: distinct(references.map((reference) => ALIAS.exec(reference)?.[1])),
  };
}

/** A bare key id is one of the account and Region that the record is of. */
function keyArnOf(
  reference: string,
  { awsRegion, recipientAccountId, userIdentity }: CloudTrailRecord,
): string | undefined {
  if (KEY_ARN.test(reference)) return reference;
  if (!KEY_ID.test(reference) || awsRegion === undefined || recipientAccountId === undefined)
    return undefined;
  const partition = /^arn:([\w-]+):/.exec(userIdentity.arn ?? '')?.[1] ?? 'aws';
  const arn = `arn:${partition}:kms:${awsRegion}:${recipientAccountId}:key/${reference}`;
  return KEY_ARN.test(arn) ? arn : undefined;
}

const tags = z.array(z.looseObject({ tagKey: optionalText }).catch({})).catch([]);
const tagKeys = z.array(optionalText).catch([]);

function tagKeysOf({ requestParameters }: CloudTrailRecord): string[] {
  return distinct([
    ...tags.parse(requestParameters.tags).map(({ tagKey }) => tagKey),
    ...tagKeys.parse(requestParameters.tagKeys),
  ]);
}

function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.filter((text) => text !== undefined))];
}
