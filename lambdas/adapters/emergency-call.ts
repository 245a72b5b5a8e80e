import * as z from 'zod';
import { type ErrorKind, KeywardError } from '../domain/errors.ts';
import { identifier } from '../domain/formats.ts';
import { oneLine } from '../domain/one-line.ts';
import { principal } from '../domain/principal.ts';

/** How the page has a key stopped, for somebody who has signed in there. */
export const pageCall = z.strictObject({
  via: z.literal('page'),
  keyId: identifier('key'),
  reason: oneLine(1024).min(1),
  custodian: principal.extend({ kind: z.literal('person') }),
});
export type PageCall = z.infer<typeof pageCall>;

/** How somebody whom IAM lets has a key stopped by hand, when nothing else works. */
export const directCall = z.strictObject({
  via: z.literal('direct'),
  keyId: identifier('key'),
  reason: oneLine(1024).min(1),
  /** Who it is that invokes, for the ledger. Only CloudTrail knows who they are. */
  custodian: oneLine(200).min(1),
});

export const stopped = z.object({ requestId: identifier('req'), ratification: identifier('req').optional() });

const kinds = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not-found',
  'conflict',
  'precondition',
  'throttled',
  'transient',
  'fault',
] as const satisfies readonly ErrorKind[];

/** A refusal comes back as data: what a Lambda throws loses all but its name on the way. */
export const emergencyAnswer = z.union([
  z.object({ stopped }),
  z.object({
    refused: z.object({
      code: z.string(),
      kind: z.enum(kinds),
      message: z.string(),
      details: z.record(z.string(), z.unknown()),
    }),
  }),
]);
export type EmergencyAnswer = z.infer<typeof emergencyAnswer>;

/** The error of the other side, as if it had been thrown here. */
export class Refused extends KeywardError {
  constructor({ code, kind, message, details }: Extract<EmergencyAnswer, { refused: unknown }>['refused']) {
    super(code, kind, message, details);
  }
}
