import type { Stage } from './stage.ts';

/** What CloudTrail calls its records: of calls, and of what KMS does by itself. */
export type RecordKind = 'AWS API Call via CloudTrail' | 'AWS Service Event via CloudTrail';

/**
 * Matches CloudTrail's records of KMS on the default bus. The local KMS puts them there under a source of its own,
 * because nobody may use a source of AWS.
 */
export function kmsEvents(stage: Stage, detailType: RecordKind[], eventName: string[]) {
  return {
    source: stage.name === 'local' ? ['aws.kms', 'keyward.local.cloudtrail'] : ['aws.kms'],
    detailType,
    detail: { eventSource: ['kms.amazonaws.com'], eventName },
  };
}
