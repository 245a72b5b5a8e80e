import { createHash } from 'node:crypto';
import * as z from 'zod';
import { DAY_MILLISECONDS } from '../clock/day.ts';
import type { Account } from '../kms/account.ts';
import { ServiceError } from '../kms/errors.ts';
import type { RecordLog, StoredRecord } from './record-log.ts';

const HISTORY_MILLISECONDS = 90 * DAY_MILLISECONDS;

const time = z
  .number()
  .transform((epochSeconds) => epochSeconds * 1000)
  .optional();

const schema = z.object({
  LookupAttributes: z
    .array(
      z.object({
        AttributeKey: z.enum([
          'EventId',
          'EventName',
          'ReadOnly',
          'Username',
          'ResourceType',
          'ResourceName',
          'EventSource',
          'AccessKeyId',
        ]),
        AttributeValue: z.string().min(1).max(2000),
      }),
    )
    .max(1)
    .default([]),
  StartTime: time,
  EndTime: time,
  EventCategory: z.enum(['insight']).optional(),
  MaxResults: z.int().min(1).max(50).default(50),
  NextToken: z.string().optional(),
});

type Input = z.infer<typeof schema>;

/** By the member that is wrong. */
const CODES: Readonly<Record<string, string>> = {
  LookupAttributes: 'InvalidLookupAttributesException',
  StartTime: 'InvalidTimeRangeException',
  EndTime: 'InvalidTimeRangeException',
  EventCategory: 'InvalidEventCategoryException',
  MaxResults: 'InvalidMaxResultsException',
  NextToken: 'InvalidNextTokenException',
};

const tokenSchema = z.object({ sequence: z.int(), eventTime: z.string(), query: z.string() });

/**
 * LookupEvents over the account's records in the Region of the last 90 days, the newest first. `now` in epoch milliseconds.
 * Throws the exception that CloudTrail names for the member that is wrong.
 */
export function lookupEvents(log: RecordLog, owner: Account, now: number, body: unknown): object {
  const input = parse(body);
  // There are no Insights events here.
  if (input.EventCategory === 'insight') return { Events: [] };
  const from = Math.max(input.StartTime ?? 0, now - HISTORY_MILLISECONDS);
  const until = input.EndTime ?? Number.POSITIVE_INFINITY;
  if (input.StartTime !== undefined && input.StartTime > until) {
    throw new ServiceError('InvalidTimeRangeException', 'StartTime must be before EndTime.');
  }
  const query = fingerprint(input);
  const events: Event[] = [];
  let last: StoredRecord | undefined;
  for (const stored of log.newestFirst(
    input.NextToken === undefined ? undefined : positionOf(input.NextToken, query),
  )) {
    const at = Date.parse(stored.record.eventTime);
    if (at < from) break;
    if (at > until || !belongsTo(owner, stored)) continue;
    const event = eventOf(stored);
    if (!input.LookupAttributes.every((attribute) => hasAttribute(event, attribute))) continue;
    if (last !== undefined && events.length === input.MaxResults) {
      return { Events: events, NextToken: tokenOf(last, query) };
    }
    events.push(event);
    last = stored;
  }
  return { Events: events };
}

function parse(body: unknown): Input {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const member = String(issue?.path[0] ?? '');
  const code = Object.hasOwn(CODES, member) ? CODES[member] : undefined;
  throw new ServiceError(
    code ?? 'ValidationException',
    `Value at '${issue?.path.join('.') ?? ''}' failed to satisfy constraint: ${issue?.message ?? ''}`,
  );
}

function belongsTo({ accountId, region }: Account, { record }: StoredRecord): boolean {
  return record.recipientAccountId === accountId && record.awsRegion === region;
}

type Event = ReturnType<typeof eventOf>;

function eventOf({ record, text }: StoredRecord) {
  return {
    EventId: record.eventID,
    EventName: record.eventName,
    ReadOnly: String(record.readOnly),
    AccessKeyId: record.userIdentity.accessKeyId,
    EventTime: Date.parse(record.eventTime) / 1000,
    EventSource: record.eventSource,
    Username: userName(record.userIdentity),
    Resources: (record.resources ?? []).map(({ type, ARN }) => ({ ResourceType: type, ResourceName: ARN })),
    CloudTrailEvent: text,
  };
}

/** Of an assumed role, the name of the session. AWS itself has none, and neither has a caller of another account. */
function userName({ type, userName: name, arn }: StoredRecord['record']['userIdentity']): string | undefined {
  if (type === 'Root') return 'root';
  return type === 'AssumedRole' ? arn?.split('/').at(-1) : name;
}

function hasAttribute(
  event: Event,
  { AttributeKey: key, AttributeValue: value }: Input['LookupAttributes'][number],
): boolean {
  if (key === 'ResourceType' || key === 'ResourceName') {
    return event.Resources.some((resource) => resource[key] === value);
  }
  return event[key] === value;
}

/** Of the parameters that a token is for. */
function fingerprint({ LookupAttributes, StartTime, EndTime }: Input): string {
  return createHash('sha256')
    .update(JSON.stringify([LookupAttributes, StartTime, EndTime]))
    .digest('base64url');
}

function tokenOf({ sequence, record: { eventTime } }: StoredRecord, query: string): string {
  return Buffer.from(JSON.stringify({ sequence, eventTime, query })).toString('base64url');
}

function positionOf(token: string, query: string): z.infer<typeof tokenSchema> {
  const invalid = (reason: string) => new ServiceError('InvalidNextTokenException', reason);
  let position: z.infer<typeof tokenSchema>;
  try {
    position = tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
  } catch {
    throw invalid('The token is not valid.');
  }
  if (position.query !== query) throw invalid('The token was given for a request with other parameters.');
  return position;
}
