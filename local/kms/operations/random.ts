import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { invalidStoreState, storeNotFound } from '../custom-key-stores/errors.ts';
import { unsupported, validation } from '../errors.ts';
import type { Kms } from '../kms.ts';
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
  resolve: (kms, input) => ({
    touches: [{ kind: 'account' }],
    effect: () => {
      if (input.NumberOfBytes === undefined) throw validation('NumberOfBytes is required.');
      const bytes = randomFrom(kms, input.CustomKeyStoreId)(input.NumberOfBytes);
      return { output: { Plaintext: bytes.toString('base64') } };
    },
  }),
});

/** The generator of AWS KMS, or that of the HSMs of a custom key store. */
function randomFrom(kms: Kms, id: string | undefined): (byteCount: number) => Buffer {
  if (id === undefined) return randomBytes;
  const store = kms.customKeyStores.find(id);
  if (store === undefined) throw storeNotFound(id);
  if (store.connectionState !== 'CONNECTED') {
    throw invalidStoreState(`The custom key store ${id} is ${store.connectionState}: it must be CONNECTED.`);
  }
  if (store.access.type !== 'AWS_CLOUDHSM') {
    throw unsupported(`The external key store ${id} makes no random bytes.`);
  }
  return (byteCount) => kms.cloudHsm.keys.random(byteCount);
}
