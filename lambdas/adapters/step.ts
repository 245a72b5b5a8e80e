import middleware from '@middy/core';
import type * as z from 'zod';
import { InvalidInput, KeywardError } from '../domain/errors.ts';
import { log } from './log.ts';

/**
 * A Lambda behind a state machine: its input checked by a schema, its failure logged once and thrown on by name, for
 * the machine's Retry and Catch to match.
 */
export function step<S extends z.ZodType, R>(schema: S, run: (input: z.output<S>) => Promise<R>) {
  return middleware(async (event: unknown): Promise<R> => {
    const parsed = schema.safeParse(event);
    if (!parsed.success) {
      throw new InvalidInput('The step was called with an input it does not know.', {
        issues: parsed.error.issues,
      });
    }
    return run(parsed.data);
  }).onError(({ error, event }) => {
    const known = error instanceof KeywardError;
    log[known && error.kind === 'transient' ? 'info' : 'error']('step failed', {
      code: known ? error.code : 'Unexpected',
      requestId: requestIdOf(event),
      error: error ?? undefined,
    });
  });
}

function requestIdOf(event: unknown): unknown {
  return typeof event === 'object' && event !== null && 'requestId' in event ? event.requestId : undefined;
}
