import * as z from 'zod';
import { RowConflict } from '../../domain/errors.ts';

const stored = z.looseObject({ bodyHash: z.string(), requestId: z.string() });

/** The caller's `Idempotency-Key` has been answered in the meantime; `stored` tells how. */
export class IdempotencyConflict extends RowConflict {
  readonly stored: { readonly bodyHash: string; readonly requestId: string };

  constructor(found: Record<string, unknown> | undefined) {
    super('The same Idempotency-Key was answered in between. Send the request again to get that answer.');
    this.stored = stored.parse(found);
  }
}
