import * as z from 'zod';
import { keyOperation } from '../operation.ts';
import { recordedDate } from '../recorded-fields.ts';
import { integer, keyId } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';

const DAY_MILLISECONDS = 86_400_000;

export const scheduleKeyDeletion = keyOperation({
  schema: z.object({
    KeyId: keyId,
    PendingWindowInDays: integer(7, 30).default(30),
  }),
  readOnly: false,
  conditions: (input) => ({
    'kms:schedulekeydeletionpendingwindowindays': [String(input.PendingWindowInDays)],
  }),
  handle: ({ kms, key, now }, { PendingWindowInDays: days }) => {
    const deletionAt = now + days * DAY_MILLISECONDS;
    kms.keys.setState(key.id, 'PendingDeletion', deletionAt);
    return {
      output: {
        KeyId: key.arn,
        DeletionDate: epochSeconds(deletionAt),
        KeyState: 'PendingDeletion',
        PendingWindowInDays: days,
      },
      responseElements: {
        keyId: key.arn,
        keyState: 'PendingDeletion',
        deletionDate: recordedDate(deletionAt),
        pendingWindowInDays: days,
      },
    };
  },
});

/** The key comes back disabled, as in AWS KMS. */
export const cancelKeyDeletion = keyOperation({
  schema: z.object({ KeyId: keyId }),
  readOnly: false,
  handle: ({ kms, key }) => {
    kms.keys.setState(key.id, 'Disabled');
    return { output: { KeyId: key.arn }, responseElements: { keyId: key.arn } };
  },
});
