import * as z from 'zod';
import { unsupported } from '../errors.ts';
import { KEY_SPECS, type KeySpec } from '../key-specs.ts';

/** The members that AWS KMS's operations share, with their documented limits. */

export const keyId = z.string().min(1).max(2048);

/** Base64 of so many bytes. */
export const bytes = (minimum: number, maximum: number) =>
  z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((data) => data.length >= minimum && data.length <= maximum, {
      error: `Member must have length between ${minimum} and ${maximum} bytes`,
    });

export const encryptionContext = z.record(z.string(), z.string()).optional();

/** Grants take effect at once here, so tokens are taken and not needed. */
export const grantTokens = z.array(z.string().min(1).max(8192)).max(10).optional();

export const dryRun = z.boolean().optional();

/** There are no enclaves here, and an answer that is not for the enclave alone would not be what was asked for. */
export const recipient = z
  .object({ KeyEncryptionAlgorithm: z.enum(['RSAES_OAEP_SHA_256']).optional() })
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
  Limit: z.int().min(1).max(maximumLimit).default(defaultLimit),
  Marker: z.string().min(1).max(1024).optional(),
});

export const tagKey = z.string().min(1).max(128);

export const tags = z.array(z.object({ TagKey: tagKey, TagValue: z.string().max(256) })).max(50);

export const description = z.string().max(8192);

/** The key specs of this server. */
export const KEY_SPEC_NAMES = Object.keys(KEY_SPECS).filter((name): name is KeySpec =>
  Object.hasOwn(KEY_SPECS, name),
);

/** Of an IAM principal; a session of a role is `arn:aws:sts::...:assumed-role/...`. */
export const principalArn = z.string().regex(/^arn:aws:(?:iam|sts)::\d{12}:\S+$/);
