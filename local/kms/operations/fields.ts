import * as z from 'zod';
import { PRINCIPAL_ARN } from '../authorization/principal-arns.ts';
import { ServiceError, unsupported } from '../errors.ts';
import { KEY_SPECS, type KeySpec } from '../key-specs.ts';
import { bytes, integer, stringMap, text } from '../protocol/json-types.ts';

/** The members that AWS KMS's operations share, with the limits of its API model. */

export { bytes, integer, stringMap, text };

export const keyId = text(1, 2048, '^\\p{ASCII}+$');

export const encryptionContext = stringMap.optional();

/** Of grants that the caller wants to use before everybody sees them. */
export const grantTokens = z.array(text(1, 8192)).max(10).optional();

export const dryRun = z.boolean().optional();

/** There are no enclaves here, and an answer that is not for the enclave alone would not be what was asked for. */
export const recipient = z
  .object({
    KeyEncryptionAlgorithm: z.enum(['RSAES_OAEP_SHA_256']).optional(),
    AttestationDocument: bytes(1, 262_144).optional(),
  })
  .transform(() => {
    throw unsupported('The local KMS has no enclaves: it takes no Recipient.');
  })
  .optional();

/** Of the operations that decrypt: what they decrypt, unless a dry run does without. */
export const ciphertextFields = {
  CiphertextBlob: bytes(1, 6144).optional(),
  DryRun: dryRun,
  DryRunModifiers: z.array(z.enum(['IGNORE_CIPHERTEXT'])).optional(),
};

export const pagination = (defaultLimit: number, maximumLimit: number) => ({
  Limit: integer(1, maximumLimit).default(defaultLimit),
  Marker: text(1, 1024, '[\\u0020-\\u00FF]*').optional(),
});

export const tagKey = text(1, 128);

export const tags = z.array(z.object({ TagKey: tagKey, TagValue: text(0, 256) }));

export const description = text(0, 8192);

export const policy = text(1, 131_072, '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+');

export const keyMaterialId = text(64, 64, '^[a-f0-9]+$');

export const customKeyStoreId = text(1, 64);

/** The key specs of this server. */
export const KEY_SPEC_NAMES = Object.keys(KEY_SPECS).filter((name): name is KeySpec =>
  Object.hasOwn(KEY_SPECS, name),
);

/** Of an IAM principal. Throws InvalidArnException. */
export const principalArn = text(1, 256, '^[\\w+=,.@:/-]+$').transform((arn) => {
  if (PRINCIPAL_ARN.test(arn)) return arn;
  throw new ServiceError('InvalidArnException', `ARN does not refer to a valid principal: ${arn}`);
});

export const servicePrincipal = text(1, 128, '^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$');
