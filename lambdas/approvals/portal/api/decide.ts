import { askedOnce } from '../../../adapters/asked-once.ts';
import { log } from '../../../adapters/log.ts';
import type { Principal } from '../../../domain/principal.ts';
import { takeDecision } from '../../take-decision.ts';
import type { Subject } from '../../visible-request.ts';
import { inputFaults } from '../body.ts';
import type { Decided, DecisionBody } from '../contract.ts';
import type { ApiDependencies } from './dependencies.ts';
import { detailFor } from './detail.ts';
import { wantsAlias } from './may.ts';
import { aliasFaults, reasonFaults, typedReason } from './typed.ts';

/**
 * Takes a decision made on the page, as on every channel. Everything that is wrong with what was typed is said at once,
 * and to nobody who may not decide. Throws what `takeDecision` throws, and InvalidInput.
 */
export function decideOnPage(deps: ApiDependencies) {
  return async (person: Principal, requestId: string, body: DecisionBody): Promise<Decided> => {
    const visit = { ...deps, directory: askedOnce(deps.directory) };
    const { verdict, digest, passkey } = body;
    const typed = { ...body, reason: typedReason(body.reason) };
    const { done } = await takeDecision({ ...visit, access: deps.policies.access })({
      person,
      requestId,
      verdict,
      reason: typed.reason,
      digest,
      channel: 'page',
      ...(passkey === undefined ? {} : { passkey }),
      assertTyped: (subject) => assertComplete(typed, subject),
    });
    const request = await detailFor(visit, person, requestId).catch(notShown);
    return { done, ...(request === undefined ? {} : { request }) };
  };
}

/** What was recorded is told from what was committed, even when it cannot be shown: the page reads it anew. */
function notShown(error: unknown): undefined {
  log.warn('decision not shown', { code: 'DecisionNotShown', error: error as Error });
  return undefined;
}

function assertComplete({ verdict, reason, alias }: DecisionBody, { request, key }: Subject): void {
  const faults = [
    ...reasonFaults(reason),
    ...(verdict === 'approve' && wantsAlias(request) ? aliasFaults(alias, key.alias) : []),
  ];
  if (faults.length > 0) throw inputFaults(faults);
}
