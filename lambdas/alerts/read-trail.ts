import type { SQSBatchItemFailure, SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod';
import { log } from '../adapters/log.ts';
import type { ReadTrailFile, TrailFile } from '../adapters/trail-file.ts';
import { InvalidInput, KeywardError } from '../domain/errors.ts';
import type { AlertDependencies } from './dependencies.ts';
import { type Examination, examineRecord } from './examine-record.ts';

const batch = z.looseObject({
  Records: z.array(z.looseObject({ messageId: z.string().min(1), body: z.string() })),
});

/** What S3 tells of new objects, and what it says once when it is told to notify the queue. */
const s3Message = z.union([
  z
    .looseObject({
      Records: z.array(
        z.looseObject({
          s3: z.looseObject({
            bucket: z.looseObject({ name: z.string().min(1) }),
            object: z.looseObject({ key: z.string().min(1) }),
          }),
        }),
      ),
    })
    .transform(({ Records }) => Records.map(({ s3 }) => ({ bucket: s3.bucket.name, key: s3.object.key }))),
  z.looseObject({ Event: z.literal('s3:TestEvent') }).transform((): TrailFile[] => []),
]);

/**
 * The second channel: the trail's log files, minutes later, but every record. What the bus has told already is known
 * by its event id. Each message succeeds or fails for itself; one that keeps failing ends in the dead-letter queue.
 */
export function readTrail(deps: AlertDependencies & { readonly readFile: ReadTrailFile }) {
  return async (event: unknown): Promise<SQSBatchResponse> => {
    const { Records: messages } = parse(batch, event, 'a batch of SQS');
    const batchItemFailures: SQSBatchItemFailure[] = [];
    for (const { messageId, body } of messages) {
      try {
        for (const file of logFilesIn(body)) await examineFile(deps, file);
      } catch (error) {
        logFailure('a message could not be read', error, { messageId });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };
}

/** Examines every record even when one fails, so that a bad record holds up no alert; then fails with the first. */
async function examineFile(
  deps: AlertDependencies & { readonly readFile: ReadTrailFile },
  file: TrailFile,
): Promise<void> {
  const tally: Partial<Record<Examination | 'failed', number>> = {};
  let failure: { readonly error: unknown } | undefined;
  for (const record of await deps.readFile(file)) {
    let examination: Examination | 'failed';
    try {
      examination = await examineRecord(deps, record, 'trail');
    } catch (error) {
      logFailure('a record could not be examined', error, { file: file.key });
      failure ??= { error };
      examination = 'failed';
    }
    tally[examination] = (tally[examination] ?? 0) + 1;
  }
  log.info('trail file read', { code: 'TrailFileRead', file: file.key, ...tally });
  if (failure !== undefined) throw failure.error;
}

function logFilesIn(body: string): TrailFile[] {
  return parse(s3Message, json(body), 'a notification of S3')
    .map(({ bucket, key }) => ({ bucket, key: decoded(key) }))
    .filter(({ key }) => isLogFile(key));
}

/** Beside its log files a trail writes digests of them, and insights where they are switched on. */
function isLogFile(key: string): boolean {
  return !key.split('/').some((folder) => folder === 'CloudTrail-Digest' || folder === 'CloudTrail-Insight');
}

/** S3 encodes keys in notifications as forms do. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (error) {
    throw new InvalidInput('The key in a notification of S3 is not URL-encoded.', {}, { cause: error });
  }
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new InvalidInput('A message is not JSON.', {}, { cause: error });
  }
}

function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(`This is not ${what}. Check what sends to the queue.`, {
    issues: parsed.error.issues,
  });
}

function logFailure(message: string, error: unknown, facts: Readonly<Record<string, string>>): void {
  log.error(message, {
    ...facts,
    code: error instanceof KeywardError ? error.code : 'Unexpected',
    error: error instanceof Error ? error : undefined,
  });
}
