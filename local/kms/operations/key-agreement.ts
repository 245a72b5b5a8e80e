import * as z from 'zod';
import { sharedSecret } from '../cryptography/key-agreement.ts';
import { validation } from '../errors.ts';
import { keyOperation } from '../operation.ts';
import { bytes, dryRun, grantTokens, keyId, recipient } from './fields.ts';
import { requireUsage } from './key-usage.ts';

export const deriveSharedSecret = keyOperation({
  schema: z.object({
    KeyId: keyId,
    KeyAgreementAlgorithm: z.enum(['ECDH']),
    PublicKey: bytes(1, 8192),
    GrantTokens: grantTokens,
    DryRun: dryRun,
    Recipient: recipient,
  }),
  readOnly: true,
  accepts: 'key-or-alias',
  conditions: (input) => ({ 'kms:keyagreementalgorithm': [input.KeyAgreementAlgorithm] }),
  refuseKind: (key) => requireUsage(key, 'KEY_AGREEMENT', 'DeriveSharedSecret'),
  handle: ({ kms, key }, input) => {
    const secret = sharedSecret(kms.materials.current(key.id).secret, input.PublicKey);
    if (secret === undefined) {
      throw validation(`PublicKey is not the DER-encoded public key of a ${key.spec} key pair.`);
    }
    return {
      output: {
        KeyId: key.arn,
        SharedSecret: secret.toString('base64'),
        KeyAgreementAlgorithm: input.KeyAgreementAlgorithm,
        KeyOrigin: key.origin,
      },
    };
  },
});
