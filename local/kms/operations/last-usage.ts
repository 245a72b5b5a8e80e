import * as z from 'zod';
import { keyOperation } from '../operation.ts';
import { keyId } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';

const SECOND_MILLISECONDS = 1000;

/** Each key of a multi-Region key has its own last use. */
export const getKeyLastUsage = keyOperation({
  schema: z.object({ KeyId: keyId }),
  readOnly: true,
  handle: ({ kms, key }) => {
    const usage = kms.usageTracking.lastUse({ kms, key });
    return {
      output: {
        KeyId: key.id,
        KeyCreationDate: epochSeconds(key.createdAt),
        TrackingStartDate: epochSeconds(kms.usageTracking.startFor({ key })),
        KeyLastUsage:
          usage === undefined
            ? {}
            : {
                Operation: usage.operation,
                Timestamp: Math.floor(usage.at / SECOND_MILLISECONDS),
                KmsRequestId: usage.requestId,
                CloudTrailEventId: usage.eventId,
              },
      },
    };
  },
});
