import * as z from 'zod';
import { DAY_MILLISECONDS } from '../../clock/day.ts';
import { recordedDate } from '../audit/recorded-fields.ts';
import { recordedDeletion } from '../custom-key-stores/recorded.ts';
import { followMaterials } from '../key-import.ts';
import { relatedKeys, replicasOf } from '../multi-region.ts';
import { type Call, keyOperation, type Outcome } from '../operation.ts';
import type { KmsKey } from '../store/keys.ts';
import { integer, keyId } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';

/** A primary key that still has replicas waits for their deletion first; its own waiting period begins after that. */
export const scheduleKeyDeletion = keyOperation({
  schema: z.object({
    KeyId: keyId,
    PendingWindowInDays: integer(7, 30).default(30),
  }),
  readOnly: false,
  conditions: (input) => ({
    'kms:schedulekeydeletionpendingwindowindays': [String(input.PendingWindowInDays)],
  }),
  handle: (call, { PendingWindowInDays: days }) => {
    const { kms, key, now } = call;
    const additionalEventData = recordedDeletion(kms, key);
    const hasReplicas = key.multiRegionType === 'PRIMARY' && replicasOf(relatedKeys(kms, key)).length > 0;
    const outcome = hasReplicas ? awaitReplicaDeletion(call, days) : scheduleDeletion(call, days, now);
    return { ...outcome, ...(additionalEventData === undefined ? {} : { additionalEventData }) };
  },
});

/** The key comes back disabled, as in AWS KMS; or waiting for the material that it has lost meanwhile. */
export const cancelKeyDeletion = keyOperation({
  schema: z.object({ KeyId: keyId }),
  readOnly: false,
  handle: ({ kms, key }) => {
    kms.keys.setState(key.id, 'Disabled');
    if (key.origin === 'EXTERNAL') followMaterials(kms, key.id);
    return { output: { KeyId: key.arn }, responseElements: { keyId: key.arn } };
  },
});

/** When a key is deleted whose waiting period of so many days begins at `from`; both in epoch milliseconds. */
export function deletionDate(from: number, days: number): number {
  return from + days * DAY_MILLISECONDS;
}

type KeyCall = Call & { readonly key: KmsKey };

function awaitReplicaDeletion({ kms, key }: KeyCall, days: number): Outcome {
  const KeyState = 'PendingReplicaDeletion';
  kms.keys.awaitReplicaDeletion(key.id, days);
  return {
    output: { KeyId: key.arn, KeyState, PendingWindowInDays: days },
    responseElements: { keyId: key.arn, keyState: KeyState, pendingWindowInDays: days },
  };
}

/** The answer has the date that was asked for, DescribeKey the one on which the key is really deleted. */
function scheduleDeletion({ kms, key }: KeyCall, days: number, now: number): Outcome {
  const KeyState = 'PendingDeletion';
  const deletionAt = deletionDate(now, days);
  kms.keys.setState(key.id, KeyState, deletionAt + kms.lateDeletions.next());
  return {
    output: {
      KeyId: key.arn,
      DeletionDate: epochSeconds(deletionAt),
      KeyState,
      PendingWindowInDays: days,
    },
    responseElements: {
      keyId: key.arn,
      keyState: KeyState,
      deletionDate: recordedDate(deletionAt),
      pendingWindowInDays: days,
    },
  };
}
