import * as z from 'zod';
import { isSignatureValid, preparedBytes, signMessage } from '../cryptography/signing.ts';
import { ServiceError, unsupported, validation } from '../errors.ts';
import { KEY_SPECS, type SigningAlgorithm, UNSUPPORTED_SIGNING_ALGORITHMS } from '../key-specs.ts';
import { keyOperation } from '../operation.ts';
import type { KmsKey } from '../store/keys.ts';
import { bytes, dryRun, grantTokens, keyId } from './fields.ts';
import { requireAlgorithm, requireUsage } from './key-usage.ts';

const ALGORITHMS = [...new Set(Object.values(KEY_SPECS).flatMap(({ signing }) => signing))];

const signingFields = {
  KeyId: keyId,
  Message: bytes(1, 4096),
  MessageType: z.enum(['RAW', 'DIGEST', 'EXTERNAL_MU']).default('RAW'),
  SigningAlgorithm: z.enum([...ALGORITHMS, ...UNSUPPORTED_SIGNING_ALGORITHMS]),
  GrantTokens: grantTokens,
  DryRun: dryRun,
};

interface SigningInput {
  readonly Message: Buffer;
  readonly MessageType: 'RAW' | 'DIGEST' | 'EXTERNAL_MU';
  readonly SigningAlgorithm: SigningAlgorithm | (typeof UNSUPPORTED_SIGNING_ALGORITHMS)[number];
}

const conditions = (input: SigningInput) => ({
  'kms:signingalgorithm': [input.SigningAlgorithm],
  'kms:messagetype': [input.MessageType],
});

export const sign = keyOperation({
  schema: z.object(signingFields),
  readOnly: true,
  accepts: 'key-or-alias',
  conditions,
  refuseKind: (key) => requireUsage(key, 'SIGN_VERIFY', 'Sign'),
  handle: ({ kms, key }, input) => {
    const { algorithm, type } = checkRequest(key, input);
    const { secret } = kms.materials.current(key.id);
    return {
      output: {
        KeyId: key.arn,
        Signature: signMessage(secret, algorithm, input.Message, type).toString('base64'),
        SigningAlgorithm: algorithm,
      },
    };
  },
});

export const verify = keyOperation({
  schema: z.object({ ...signingFields, Signature: bytes(1, 6144) }),
  readOnly: true,
  accepts: 'key-or-alias',
  conditions,
  refuseKind: (key) => requireUsage(key, 'SIGN_VERIFY', 'Verify'),
  handle: ({ kms, key }, input) => {
    const { algorithm, type } = checkRequest(key, input);
    const { secret } = kms.materials.current(key.id);
    if (!isSignatureValid(secret, algorithm, input.Message, type, input.Signature)) {
      throw new ServiceError('KMSInvalidSignatureException', '');
    }
    return { output: { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: algorithm } };
  },
});

function checkRequest(key: KmsKey, input: SigningInput) {
  const { SigningAlgorithm: asked, MessageType: type, Message: message } = input;
  const algorithm = ALGORITHMS.find((one) => one === asked);
  if (algorithm === undefined) throw unsupported(`The local KMS has no signing algorithm ${asked}.`);
  requireAlgorithm(key, algorithm);
  if (type !== 'RAW') {
    const length = preparedBytes(algorithm, type);
    if (length === undefined) throw validation(`${algorithm} does not take MessageType ${type}.`);
    if (message.length !== length) {
      const what = type === 'DIGEST' ? 'Digest' : 'External mu';
      throw validation(`${what} is invalid length for algorithm ${algorithm}.`);
    }
  }
  return { algorithm, type };
}
