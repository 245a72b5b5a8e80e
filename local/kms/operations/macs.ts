import * as z from 'zod';
import { isMacValid, macOf } from '../cryptography/mac.ts';
import { ServiceError } from '../errors.ts';
import { KEY_SPECS, type MacAlgorithm } from '../key-specs.ts';
import { keyOperation } from '../operation.ts';
import { bytes, dryRun, grantTokens, keyId } from './fields.ts';
import { requireAlgorithm, requireUsage } from './key-usage.ts';

const ALGORITHMS = [...new Set(Object.values(KEY_SPECS).flatMap(({ mac }) => mac))];

const macFields = {
  KeyId: keyId,
  Message: bytes(1, 4096),
  MacAlgorithm: z.enum(ALGORITHMS),
  GrantTokens: grantTokens,
  DryRun: dryRun,
};

const conditions = (input: { readonly MacAlgorithm: MacAlgorithm }) => ({
  'kms:macalgorithm': [input.MacAlgorithm],
});

export const generateMac = keyOperation({
  schema: z.object(macFields),
  readOnly: true,
  accepts: 'key-or-alias',
  conditions,
  refuseKind: (key) => requireUsage(key, 'GENERATE_VERIFY_MAC', 'GenerateMac'),
  handle: ({ kms, key }, { MacAlgorithm: algorithm, Message: message }) => {
    requireAlgorithm(key, algorithm);
    const mac = macOf(kms.materials.current(key.id).secret, algorithm, message);
    return { output: { KeyId: key.arn, Mac: mac.toString('base64'), MacAlgorithm: algorithm } };
  },
});

export const verifyMac = keyOperation({
  schema: z.object({ ...macFields, Mac: bytes(1, 6144) }),
  readOnly: true,
  accepts: 'key-or-alias',
  conditions,
  refuseKind: (key) => requireUsage(key, 'GENERATE_VERIFY_MAC', 'VerifyMac'),
  handle: ({ kms, key }, { MacAlgorithm: algorithm, Message: message, Mac: mac }) => {
    requireAlgorithm(key, algorithm);
    if (!isMacValid(kms.materials.current(key.id).secret, algorithm, message, mac)) {
      throw new ServiceError('KMSInvalidMacException', '');
    }
    return { output: { KeyId: key.arn, MacValid: true, MacAlgorithm: algorithm } };
  },
});
