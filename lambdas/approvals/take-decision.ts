import { setTimeout as pause } from 'node:timers/promises';
import type { ApprovalKey } from '../adapters/approval-key.ts';
import { type Authorization, assertAllowed } from '../adapters/authorization.ts';
import type { Directory } from '../adapters/directory.ts';
import type { Passkeys } from '../adapters/passkeys.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Change } from '../domain/change.ts';
import { type Deciding, decide, draftDecision } from '../domain/decision.ts';
import { AlreadyDecided, BackendBusy, NotAnApprover, RowConflict, SelfApproval } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { groupsDeciding } from '../domain/quorum.ts';
import type { DecisionRecord, PasskeyAssertion } from '../domain/request.ts';
import { type Subject, type Visibility, visibleRequest } from './visible-request.ts';

export interface DecisionDependencies extends Visibility {
  readonly registry: Pick<
    Registry,
    'getRequest' | 'getKey' | 'getDecisions' | 'commit' | 'standInsOf' | 'passkeysOf' | 'putPasskey'
  >;
  readonly approvalKey: Pick<ApprovalKey, 'sign'>;
  readonly passkeys: Pick<Passkeys, 'signed'>;
  readonly authorization: Authorization;
}

/** What a channel hands over: who decides what, on which digest. */
export interface Decision {
  readonly person: Principal;
  readonly requestId: string;
  readonly verdict: DecisionRecord['verdict'];
  readonly reason: string;
  /** The digest that the person was shown. */
  readonly digest: string;
  readonly channel: DecisionRecord['channel'];
  /** An AuthenticationResponseJSON of WebAuthn over the digest. */
  readonly passkey?: unknown;
}

export interface Taken {
  /** `stood`: the person had decided before, on whatever channel; that decision stands, and this one changed nothing. */
  readonly done: 'recorded' | 'stood';
  /** The request as it is now. */
  readonly subject: Subject;
}

const MOST_ATTEMPTS = 4;

/**
 * Takes a decision, by the same rules on every channel: prepares it and commits it. Lost to another writer, all begins
 * again; lost to the person's own first click, that one stands.
 *
 * Throws what `prepareDecision` throws but AlreadyDecided.
 */
export function takeDecision(deps: DecisionDependencies) {
  return async (decision: Decision): Promise<Taken> => {
    const { person, requestId } = decision;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const build = await prepareDecision(deps, decision);
        await deps.registry.commit(await build(await deps.clock()));
        return { done: 'recorded', subject: await visibleRequest(deps, person, requestId) };
      } catch (error) {
        if (error instanceof AlreadyDecided) {
          return { done: 'stood', subject: await visibleRequest(deps, person, requestId) };
        }
        const lost = error instanceof RowConflict || error instanceof BackendBusy;
        if (!lost || attempt === MOST_ATTEMPTS) throw error;
        await pause(Math.random() * 50 * attempt);
      }
    }
  };
}

/**
 * Reads and checks all that a decision rests on, and gives back what builds its change.
 *
 * 1. The request is read, if the person may see it: to others it is not there.
 * 2. Who the person is today is asked of the directory: a group that was left counts no more, whatever the sign-in
 *    said. When it does not answer, nothing is decided.
 * 3. What a passkey signed is verified.
 * 4. The decision is drafted, which checks who decides, on what and with which proof; the organisation's policies are
 *    asked as well, and a refusal names them. Both have to agree.
 * 5. It is signed.
 *
 * Throws RequestNotFound, PasskeyInvalid, BackendBusy; building throws what `draftDecision` throws.
 */
export async function prepareDecision(
  deps: DecisionDependencies,
  { person, requestId, verdict, reason, digest, channel, passkey }: Decision,
): Promise<(now: string) => Promise<Change>> {
  const subject = await visibleRequest(deps, person, requestId); // 1
  const current = person.kind === 'person' ? await asOfNow(deps.directory, person) : person; // 2
  // A no needs no proof, and what is not needed is not kept.
  const signed =
    verdict === 'approve' && passkey !== undefined ? await proof(deps, person, digest, passkey) : {}; // 3
  return async (now) => {
    const deciding = { now, ...subject, person: current, verdict, reason, digest, channel, ...signed };
    const draft = draftAllowed(deps.authorization, deciding); // 4
    return decide({ ...deciding, signature: await deps.approvalKey.sign(draft) }); // 5
  };
}

function draftAllowed(authorization: Authorization, deciding: Deciding): DecisionRecord {
  const { now, request, person, standIns = [], channel } = deciding;
  const { requestId, owner, requester, parameters } = request;
  const authorized = authorization.authorize({
    action: 'decide',
    principal: person,
    standsInFor: standIns.flatMap(({ groups }) => groups),
    request: {
      requestId,
      owner,
      operation: parameters.operation,
      requester: requester.id,
      approvers: groupsDeciding(request, now),
    },
    channel,
  });
  try {
    const draft = draftDecision(deciding);
    assertAllowed(authorized, 'No policy of your organisation lets you decide this.');
    return draft;
  } catch (error) {
    if (error instanceof SelfApproval || error instanceof NotAnApprover) {
      const { policies } = authorized;
      throw new (error instanceof SelfApproval ? SelfApproval : NotAnApprover)(
        error.message,
        { ...error.details, policies },
        { cause: error },
      );
    }
    throw error;
  }
}

async function proof(
  { registry, passkeys }: Pick<DecisionDependencies, 'registry' | 'passkeys'>,
  { id }: Principal,
  digest: string,
  response: unknown,
): Promise<{ readonly passkey: PasskeyAssertion }> {
  const { assertion, passkey } = await passkeys.signed(response, digest, await registry.passkeysOf(id));
  await registry.putPasskey(passkey);
  return { passkey: assertion };
}

/** The person with the groups that the directory has today. Throws NotAnApprover for a stranger to the directory. */
export async function asOfNow(directory: Pick<Directory, 'groupsOf'>, person: Principal): Promise<Principal> {
  const groups = await directory.groupsOf(person.id);
  if (groups === undefined) {
    throw new NotAnApprover('The directory of your organisation does not know you. Ask whoever runs it.');
  }
  return { ...person, groups: [...groups] };
}
