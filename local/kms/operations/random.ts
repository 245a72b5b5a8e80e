import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { ServiceError } from '../errors.ts';
import { operation } from '../operation.ts';
import { recipient } from './fields.ts';

/** Of no key: IAM alone decides, and CloudTrail shows neither what was asked nor a resource. */
export const generateRandom = operation({
  schema: z.object({
    NumberOfBytes: z.int().min(1).max(1024),
    CustomKeyStoreId: z.string().min(1).max(64).optional(),
    Recipient: recipient,
  }),
  readOnly: true,
  recorded: () => null,
  resolve: (_kms, input) => ({
    touches: [{ kind: 'account' }],
    effect: () => {
      if (input.CustomKeyStoreId !== undefined) {
        throw new ServiceError(
          'CustomKeyStoreNotFoundException',
          `There is no custom key store ${input.CustomKeyStoreId}: the local KMS has none.`,
        );
      }
      return { output: { Plaintext: randomBytes(input.NumberOfBytes).toString('base64') } };
    },
  }),
});
