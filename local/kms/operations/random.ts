import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { ServiceError, validation } from '../errors.ts';
import { operation } from '../operation.ts';
import { customKeyStoreId, integer, recipient } from './fields.ts';

/** Of no key: IAM alone decides, and CloudTrail shows neither what was asked nor a resource. */
export const generateRandom = operation({
  schema: z.object({
    NumberOfBytes: integer(1, 1024).optional(),
    CustomKeyStoreId: customKeyStoreId.optional(),
    Recipient: recipient,
  }),
  readOnly: true,
  recorded: () => null,
  resolve: (_kms, input) => ({
    touches: [{ kind: 'account' }],
    effect: () => {
      if (input.NumberOfBytes === undefined) throw validation('NumberOfBytes is required.');
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
