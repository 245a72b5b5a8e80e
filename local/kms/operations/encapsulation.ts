import * as z from 'zod';
import { CIPHERTEXT_BYTES, decapsulateSecret, encapsulateSecret } from '../cryptography/key-encapsulation.ts';
import { ServiceError } from '../errors.ts';
import { specFacts } from '../key-specs.ts';
import { keyOperation } from '../operation.ts';
import type { KmsKey } from '../store/keys.ts';
import { bytes, dryRun, grantTokens, keyId } from './fields.ts';
import { requireUsage } from './key-usage.ts';

const encapsulationFields = {
  KeyId: keyId,
  EncapsulationAlgorithm: z.enum(['ML_KEM']),
  GrantTokens: grantTokens,
  DryRun: dryRun,
};

export const encapsulate = keyOperation({
  schema: z.object(encapsulationFields),
  readOnly: true,
  accepts: 'key-or-alias',
  refuseKind: (key) => requireUsage(key, 'ENCAPSULATE_DECAPSULATE', 'Encapsulate'),
  handle: ({ kms, key }, input) => {
    const { sharedSecret, ciphertext } = encapsulateSecret(kms.materials.current(key.id).secret);
    return {
      output: {
        KeyId: key.arn,
        SharedSecret: sharedSecret.toString('base64'),
        SharedSecretCiphertextBlob: ciphertext.toString('base64'),
        EncapsulationAlgorithm: input.EncapsulationAlgorithm,
      },
    };
  },
});

/** A ciphertext of the right length always gives a secret: of a wrong one nobody learns anything here. */
export const decapsulate = keyOperation({
  schema: z.object({ ...encapsulationFields, SharedSecretCiphertextBlob: bytes(1, 6144) }),
  readOnly: true,
  accepts: 'key-or-alias',
  refuseKind: (key) => requireUsage(key, 'ENCAPSULATE_DECAPSULATE', 'Decapsulate'),
  handle: ({ kms, key }, input) => {
    const ciphertext = input.SharedSecretCiphertextBlob;
    const length = ciphertextBytes(key);
    if (ciphertext.length !== length) {
      throw new ServiceError(
        'InvalidCiphertextException',
        `A ciphertext of ${key.spec} has ${length} bytes, not ${ciphertext.length}.`,
      );
    }
    return {
      output: {
        KeyId: key.arn,
        SharedSecret: decapsulateSecret(kms.materials.current(key.id).secret, ciphertext).toString('base64'),
        EncapsulationAlgorithm: input.EncapsulationAlgorithm,
      },
    };
  },
});

function ciphertextBytes(key: KmsKey): number | undefined {
  const { material } = specFacts(key.spec);
  return typeof material === 'object' && 'mlKem' in material ? CIPHERTEXT_BYTES[material.mlKem] : undefined;
}
