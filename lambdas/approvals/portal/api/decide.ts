import { AlreadyDecided } from '../../../domain/errors.ts';
import type { Principal } from '../../../domain/principal.ts';
import { assertMayDecide } from '../../../domain/quorum.ts';
import { asOfNow, takeDecision } from '../../take-decision.ts';
import { type Subject, visibleRequest } from '../../visible-request.ts';
import { inputFaults } from '../body.ts';
import type { Decided, DecisionBody } from '../contract.ts';
import type { ApiDependencies } from './dependencies.ts';
import { detailFor } from './detail.ts';
import { wantsAlias } from './may.ts';
import { aliasFaults, reasonFaults, typedReason } from './typed.ts';

/**
 * Takes a decision made on the page.
 *
 * 1. Who may not decide is refused before what they typed is looked at.
 * 2. Everything that is wrong with what they typed is said at once.
 * 3. The decision is taken, as on every channel.
 *
 * Throws what `takeDecision` throws, and InvalidInput.
 */
export function decideOnPage(deps: ApiDependencies) {
  const deciding = { ...deps, access: deps.policies.access };
  const take = takeDecision(deciding);
  return async (person: Principal, requestId: string, body: DecisionBody): Promise<Decided> => {
    const subject = await visibleRequest(deciding, person, requestId);
    const typed = { ...body, reason: typedReason(body.reason) };
    if (await mayStillDecide(deps, subject, person)) assertComplete(typed, subject); // 1, 2
    const { verdict, reason, digest, passkey } = typed;
    const decision = { person, requestId, verdict, reason, digest, channel: 'page' as const };
    const { done } = await take({ ...decision, ...(passkey === undefined ? {} : { passkey }) }); // 3
    return { done, request: await detailFor(deps, person, requestId) };
  };
}

/** False for somebody who has decided: that decision stands, whatever this one says. */
async function mayStillDecide(
  { directory, clock }: ApiDependencies,
  { request, decisions, standIns }: Subject,
  person: Principal,
): Promise<boolean> {
  const principal = await asOfNow(directory, person);
  try {
    assertMayDecide({ now: await clock(), request, principal, decisions, standIns });
    return true;
  } catch (error) {
    if (error instanceof AlreadyDecided) return false;
    throw error;
  }
}

function assertComplete({ verdict, reason, alias }: DecisionBody, { request, key }: Subject): void {
  const faults = [
    ...reasonFaults(reason),
    ...(verdict === 'approve' && wantsAlias(request) ? aliasFaults(alias, key.alias) : []),
  ];
  if (faults.length > 0) throw inputFaults(faults);
}
