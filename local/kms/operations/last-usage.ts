import * as z from 'zod';
import { keyOperation } from '../operation.ts';
import { keyId } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';

/** Every use since the key was made is tracked; AWS KMS may be an hour behind, this is not. */
export const getKeyLastUsage = keyOperation({
  schema: z.object({ KeyId: keyId }),
  readOnly: true,
  handle: ({ kms, key }) => {
    const usage = kms.lastUsage.get(key.id);
    return {
      output: {
        KeyId: key.id,
        KeyCreationDate: epochSeconds(key.createdAt),
        TrackingStartDate: epochSeconds(key.createdAt),
        KeyLastUsage:
          usage === undefined
            ? {}
            : {
                Operation: usage.operation,
                Timestamp: epochSeconds(usage.at),
                KmsRequestId: usage.requestId,
                CloudTrailEventId: usage.eventId,
              },
      },
    };
  },
});
