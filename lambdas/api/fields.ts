import * as z from 'zod';
import { identifier } from '../domain/formats.ts';
import { keyRecord } from '../domain/key.ts';
import { oneLine } from '../domain/one-line.ts';

export const reason = oneLine(1024)
  .min(1)
  .regex(/\S/, 'must say something')
  .meta({ description: 'Why: shown to the approvers and kept in the ledger.', example: 'Yearly review.' });

export const description = oneLine(1024).meta({ description: 'What the key is for.' });

export const keyName = keyRecord.shape.name.meta({
  description: 'Lower-case letters, digits and hyphens; the last part of the alias.',
  example: 'invoices',
});

export const ownerName = keyRecord.shape.owner.meta({
  description: 'The group that owns the key.',
  example: 'payments',
});

export const keyId = identifier('key').meta({ example: 'key_01K9VQ7C3S4M8Z2D5R6T7W8X9Y' });
export const requestId = identifier('req').meta({ example: 'req_01K9VQ7C3S4M8Z2D5R6T7W8X9Y' });

export const pageSize = z
  .string()
  .regex(/^\d{1,3}$/, 'must be a whole number from 1 to 100')
  .transform(Number)
  .pipe(z.int().min(1).max(100))
  .default(25)
  .meta({
    description: 'The most items to answer with. A page may hold fewer and still not be the last.',
    override: { type: 'integer', minimum: 1, maximum: 100, default: 25, pattern: undefined },
  });

export const pageToken = z
  .string()
  .min(1)
  .max(2048)
  .optional()
  .meta({ description: 'The `nextPageToken` of the page before, with the same caller and filter.' });

function flag(description: string) {
  return z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false)
    .meta({ description, override: { type: 'boolean', default: false, enum: undefined } });
}

export const validateOnly = flag(
  'Answers with what would happen and who would have to approve, and does nothing.',
);

export const verify = flag('Verifies the whole chain, whatever page is asked for, against its recorded end.');

export const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7E]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
  .meta({
    description:
      'Made up by the caller, one for each thing it wants: sent again within 24 hours it brings the first answer again.',
    example: '6d1f0a86-6a1c-4b0a-9e0c-6a1b6c5d3f10',
  });

/** A version of a key, or `*` for whichever there is. */
export const ifMatch = z
  .string()
  .regex(/^(?:\*|"[1-9]\d{0,14}")$/, 'must be the ETag of the key, such as "3", or *')
  .transform((etag) => (etag === '*' ? etag : Number(etag.slice(1, -1))))
  .meta({
    description: 'The ETag of the key as the caller saw it; `*` for whatever it is now.',
    example: '"3"',
    override: { type: 'string' },
  });

export const consumer = z.strictObject({
  name: oneLine(64).min(1).meta({ description: 'A system or team.', example: 'checkout' }),
  contact: oneLine(256).min(1).meta({ description: 'Whom to ask.', example: '#team-checkout' }),
  uses: oneLine(1024).min(1).meta({
    description: 'For what, and what fails without the key.',
    example: 'Reads orders; no sales without.',
  }),
});
