import type * as z from 'zod';
import { directCall, type EmergencyAnswer, pageCall } from '../adapters/emergency-call.ts';
import { claimedCustodian } from '../domain/emergency.ts';
import { InvalidInput, KeywardError } from '../domain/errors.ts';
import type { Stop, stopKey } from './stop-key.ts';

type StopKey = ReturnType<typeof stopKey>;

/** Answers the page, which vouches for who has signed in there: only its Lambda may invoke this one. */
export function answerPage(stop: StopKey) {
  return answering(pageCall, stop, (call) => call);
}

/**
 * Answers whoever invokes by hand. The name that they give is a claim, and is marked as one wherever it is shown: nobody
 * gets the id of a person by it.
 */
export function answerDirect(stop: StopKey) {
  return answering(directCall, stop, ({ custodian: name, ...call }) => ({
    ...call,
    custodian: claimedCustodian(name),
  }));
}

/** A refusal is an answer; what is broken inside is thrown, so that whoever invokes sees the call fail. */
function answering<S extends z.ZodType>(schema: S, stop: StopKey, toStop: (call: z.infer<S>) => Stop) {
  return async (event: unknown): Promise<EmergencyAnswer> => {
    try {
      const parsed = schema.safeParse(event);
      if (!parsed.success) {
        const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
        throw new InvalidInput(`Give via, keyId, reason and custodian. ${faults.join('; ')}`);
      }
      return { stopped: await stop(toStop(parsed.data)) };
    } catch (error) {
      if (!(error instanceof KeywardError) || error.kind === 'fault') throw error;
      const { code, kind, message, details } = error;
      return { refused: { code, kind, message, details: { ...details } } };
    }
  };
}
