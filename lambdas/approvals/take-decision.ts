import type { ApprovalKey } from '../adapters/approval-key.ts';
import { type Authorization, assertAllowed } from '../adapters/authorization.ts';
import { beginAgain } from '../adapters/begin-again.ts';
import type { Directory } from '../adapters/directory.ts';
import type { Passkeys } from '../adapters/passkeys.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Change } from '../domain/change.ts';
import { type Deciding, decide, draftDecision, provedDecision } from '../domain/decision.ts';
import { AlreadyDecided, NotAnApprover, SelfApproval } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { groupsDeciding } from '../domain/quorum.ts';
import type { DecisionRecord, PasskeyAssertion } from '../domain/request.ts';
import {
  groupsThatMatter,
  requestOf,
  type Subject,
  type Visibility,
  visibleRequest,
} from './visible-request.ts';

export interface DecisionDependencies extends Visibility {
  readonly registry: Pick<
    Registry,
    'getRequest' | 'getKey' | 'getDecisions' | 'commit' | 'standInsOf' | 'passkeysOf'
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
  /** Throws for what the channel itself wants typed. Asked when it is known that the person may decide. */
  readonly assertTyped?: (subject: Subject) => void;
}

export interface Taken {
  /** `stood`: the person had decided before, on whatever channel; that decision stands, and this one changed nothing. */
  readonly done: 'recorded' | 'stood';
  /** The request as it is now. */
  readonly subject: Subject;
}

/**
 * Takes a decision, by the same rules on every channel: prepares it and commits it. Lost to another writer, all begins
 * again; lost to the person's own first click, that one stands. What was recorded is told from what was committed: a
 * read that fails afterwards must not make it look as if it were not.
 *
 * A channel hands over a directory that is `askedOnce`. Throws what `prepareDecision` throws but AlreadyDecided.
 */
export function takeDecision(deps: DecisionDependencies) {
  return async (decision: Decision): Promise<Taken> => {
    try {
      return await beginAgain(async () => {
        const { subject, build } = await prepareDecision(deps, decision);
        const change = await build(await deps.clock());
        return async () => {
          await deps.registry.commit(change);
          return { done: 'recorded' as const, subject: after(subject, change) };
        };
      });
    } catch (error) {
      if (!(error instanceof AlreadyDecided)) throw error;
      const { person, requestId } = decision;
      return { done: 'stood', subject: await visibleRequest(deps, person, requestId) };
    }
  };
}

/** What a request is once a change to it is committed. */
export function after(subject: Subject, { request, key, decision }: Change): Subject {
  return {
    ...subject,
    request: request?.after ?? subject.request,
    key: key.after,
    decisions: [...subject.decisions, ...(decision === undefined ? [] : [decision])],
  };
}

/**
 * Reads and checks all that a decision rests on, and gives back what builds its change.
 *
 * 1. The request is read, if the person may see it: to others it is not there.
 * 2. Which of the groups that matter the person is in is asked of the directory: one that was left counts no more,
 *    whatever the sign-in said. When it does not answer, nothing is decided.
 * 3. The decision is drafted, which checks who decides, on what; the organisation's policies are asked as well, and a
 *    refusal names them. Both have to agree.
 * 4. What the channel wants typed is looked at.
 * 5. What a passkey signed is verified. That comes last, so that who has decided hears of that, and not of a passkey
 *    removed since.
 * 6. It is signed.
 *
 * Throws RequestNotFound, BackendBusy, NotAnApprover; building throws what `draftDecision` and `provedDecision` throw,
 * what the channel throws, and PasskeyInvalid. So does committing, when the passkey has been removed by then.
 */
export async function prepareDecision(
  deps: DecisionDependencies,
  { person, requestId, verdict, reason, digest, channel, passkey, assertTyped }: Decision,
): Promise<{ readonly subject: Subject; readonly build: (now: string) => Promise<Change> }> {
  const subject = await visibleRequest(deps, person, requestId); // 1
  const among = groupsThatMatter(deps, subject.request);
  const current = person.kind === 'person' ? await asOfNow(deps.directory, person, among) : person; // 2
  const build = async (now: string): Promise<Change> => {
    const deciding = { now, ...subject, person: current, verdict, reason, digest, channel };
    const draft = draftAllowed(deps.authorization, deciding); // 3
    assertTyped?.(subject); // 4
    const signed = verdict === 'approve' && passkey !== undefined;
    const assertion = signed ? await verified(deps, person, digest, passkey) : undefined;
    const proved = provedDecision(draft, subject, assertion); // 5
    const decision = { ...proved, signature: await deps.approvalKey.sign(proved) }; // 6
    return decide({ ...deciding, decision });
  };
  return { subject, build };
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

async function verified(
  { registry, passkeys }: Pick<DecisionDependencies, 'registry' | 'passkeys'>,
  { id }: Principal,
  digest: string,
  response: unknown,
): Promise<PasskeyAssertion> {
  return passkeys.signed(response, digest, await registry.passkeysOf(id));
}

/** The person, for a channel that knows no groups, with those of today that matter to a request. Throws as `asOfNow`. */
export async function asOfNowFor(
  deps: Omit<Visibility, 'registry'> & { readonly registry: Pick<Registry, 'getRequest'> },
  person: Principal,
  requestId: string,
): Promise<Principal> {
  const request = await requestOf(deps.registry, requestId);
  return asOfNow(deps.directory, person, groupsThatMatter(deps, request));
}

/** The person with those of the groups that they are in today. Throws NotAnApprover for a stranger to the directory. */
export async function asOfNow(
  directory: Pick<Directory, 'groupsOf'>,
  person: Principal,
  among: readonly string[],
): Promise<Principal> {
  const groups = await directory.groupsOf(person.id, among);
  if (groups === undefined) {
    throw new NotAnApprover('The directory of your organisation does not know you. Ask whoever runs it.');
  }
  return { ...person, groups: [...groups] };
}
