import { emergencyAnswer, type PageCall, Refused } from '../adapters/emergency-call.ts';
import type { functionCaller } from '../adapters/function-call.ts';
import type { StopKey } from './portal/api/dependencies.ts';

/** The way from the page to the emergency path: the page itself may touch no key. Throws what the other side refused with. */
export function stopKeyThrough(call: ReturnType<typeof functionCaller>): StopKey {
  return async (custodian, keyId, reason) => {
    const person = { ...custodian, kind: 'person' as const };
    const payload: PageCall = { via: 'page', keyId, reason, custodian: person };
    const answer = emergencyAnswer.parse(await call(payload));
    if ('refused' in answer) throw new Refused(answer.refused);
    const { requestId, ratification } = answer.stopped;
    return { requestId, ...(ratification === undefined ? {} : { ratification }) };
  };
}
