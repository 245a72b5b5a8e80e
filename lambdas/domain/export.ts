import * as z from 'zod';
import { hash, timestamp } from './formats.ts';
import { keyRecord } from './key.ts';
import { ledgerEntry } from './ledger.ts';
import { decisionRecord, requestRecord } from './request.ts';

/**
 * Everything that it takes to verify one request offline: the request as its digest was made of it, every decision with its
 * signatures, the key's whole ledger, and the public half of the approval key. It holds no secret.
 */
export const requestExport = z.strictObject({
  format: z.literal('keyward/export/v1'),
  exportedAt: timestamp,
  request: requestRecord.omit({ requesterEmail: true }),
  key: z.strictObject({
    ...keyRecord.pick({ keyId: true, alias: true, owner: true, className: true }).shape,
    ledger: z.strictObject({ length: z.int().nonnegative(), head: hash }),
  }),
  decisions: z.array(decisionRecord),
  ledger: z.array(ledgerEntry),
  approvalKey: z.strictObject({
    keyArn: z.string(),
    /** SubjectPublicKeyInfo, DER, base64. */
    publicKey: z.base64(),
  }),
});
export type RequestExport = z.infer<typeof requestExport>;
