import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { DAY_MILLISECONDS } from '../../clock/day.ts';
import { WRAPPING_ALGORITHMS, type WrappingAlgorithm } from '../cryptography/key-wrapping.ts';
import { generateMaterial, publicKeyBytes } from '../cryptography/material.ts';
import { unsupported } from '../errors.ts';
import { refuseAllButImported } from '../key-import.ts';
import { resolveKey } from '../key-reference.ts';
import { hasPublicKey } from '../key-specs.ts';
import { type Operation, prepared } from '../operation.ts';
import { parseInput } from '../protocol/input.ts';
import type { KmsKey } from '../store/keys.ts';
import { keyId } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';

/** So long the wrapping key and its token can be used. */
const VALID_MILLISECONDS = DAY_MILLISECONDS;

const TOKEN_BYTES = 64;

const MODULUS_BITS = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 } as const;

const parametersSchema = z.object({
  KeyId: keyId,
  WrappingAlgorithm: z.enum([...WRAPPING_ALGORITHMS, 'RSAES_PKCS1_V1_5', 'SM2PKE']),
  WrappingKeySpec: z.enum(['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2']),
});

type ParametersInput = z.infer<typeof parametersSchema>;

/** The wrapping key is made before the atomic effect: it may take seconds. */
export const getParametersForImport: Operation = {
  readOnly: true,
  prepare: async (body) => {
    const input = parseInput(parametersSchema, body);
    const modulusBits = supportedModulus(input);
    const algorithm = supportedAlgorithm(input);
    const wrappingKey = await generateMaterial({ rsa: modulusBits });
    const conditions = () => ({
      'kms:wrappingalgorithm': [input.WrappingAlgorithm],
      'kms:wrappingkeyspec': [input.WrappingKeySpec],
    });
    return prepared({ conditions }, input, (kms) => {
      const resolved = resolveKey(kms, input.KeyId, 'key');
      const { key } = resolved;
      return {
        touches: [{ kind: 'key', ...resolved, refuseKind: refuseAllButImported }],
        effect: ({ now }) => {
          refuseUnsuitable(key, algorithm, modulusBits);
          const token = randomBytes(TOKEN_BYTES);
          const validTo = now + VALID_MILLISECONDS;
          const parameters = { token, keyId: key.id, wrappingKey, modulusBits, algorithm, validTo };
          resolved.kms.importParameters.insert(parameters);
          return {
            output: {
              KeyId: key.arn,
              ImportToken: token.toString('base64'),
              PublicKey: publicKeyBytes(wrappingKey).toString('base64'),
              ParametersValidTo: epochSeconds(validTo),
            },
          };
        },
      };
    });
  },
};

function supportedModulus({ WrappingKeySpec: spec }: ParametersInput): number {
  if (spec === 'SM2') throw unsupported('The local KMS has no wrapping key spec SM2.');
  return MODULUS_BITS[spec];
}

function supportedAlgorithm({ WrappingAlgorithm: asked }: ParametersInput): WrappingAlgorithm {
  if (asked === 'SM2PKE') throw unsupported('The local KMS has no wrapping algorithm SM2PKE.');
  if (asked === 'RSAES_PKCS1_V1_5') {
    throw unsupported('AWS KMS does not support the wrapping algorithm RSAES_PKCS1_V1_5 any more.');
  }
  return asked;
}

/** Secret bytes fit into one block of OAEP; the private keys of RSA, and of P-521 with RSA_2048, do not. */
function refuseUnsuitable(key: KmsKey, algorithm: WrappingAlgorithm, modulusBits: number): void {
  const isHybrid = algorithm === 'RSA_AES_KEY_WRAP_SHA_1' || algorithm === 'RSA_AES_KEY_WRAP_SHA_256';
  const isTooLong = key.spec.startsWith('RSA') || (key.spec === 'ECC_NIST_P521' && modulusBits === 2048);
  if (hasPublicKey(key.spec) ? isTooLong && !isHybrid : isHybrid) {
    throw unsupported(`${algorithm} with RSA_${modulusBits} does not wrap the material of ${key.spec} keys.`);
  }
}
