import { canonicalJson } from '../lambdas/domain/canonical.ts';
import { decisionDigest, requestDigest } from '../lambdas/domain/digest.ts';
import type { RequestExport } from '../lambdas/domain/export.ts';
import type { LedgerEntry, LedgerEvent } from '../lambdas/domain/ledger.ts';
import { quorumOutcome } from '../lambdas/domain/quorum.ts';
import {
  type DecisionRecord,
  finalRequestStates,
  type RequestParameters,
  type RequestState,
} from '../lambdas/domain/request.ts';

type Told = Pick<RequestExport, 'request' | 'decisions' | 'ledger'>;

/** In which states of its request an entry can be, and the state after it; without one it stays. */
interface Turn {
  readonly from: readonly (RequestState | 'unasked')[];
  readonly to?: RequestState;
}

const waits = ['awaiting-approval'] as const;
const runs = ['executing'] as const;
const ended: Turn = { from: runs, to: 'succeeded' };

/** Events that end what was asked for, see `endOf`, and those that are of no request. */
type Otherwise =
  | ReturnType<typeof endOf>
  | 'execution-started'
  | 'destruction-interrupted'
  | 'alert-repeated'
  | 'destroyed';

/** Of every other event: the ledger gets no event that this does not know. */
const turns: Readonly<Record<Exclude<LedgerEvent, Otherwise>, Turn>> = {
  requested: { from: ['unasked'], to: 'accepted' },
  'evidence-collected': { from: ['accepted'] },
  'approval-asked': { from: ['accepted'], to: 'awaiting-approval' },
  'evidence-changed': { from: waits },
  decided: { from: waits },
  approved: { from: waits, to: 'approved' },
  denied: { from: waits, to: 'denied' },
  expired: { from: ['accepted', 'awaiting-approval'], to: 'expired' },
  cancelled: { from: ['accepted', 'awaiting-approval'], to: 'cancelled' },
  'execution-resumed': { from: runs },
  'rotation-asked': { from: runs },
  'version-created': { from: runs },
  'version-probed': { from: runs },
  'version-named': { from: runs },
  'version-retired': { from: runs },
  'version-discarded': { from: runs },
  'versions-lost': { from: runs },
  'undo-started': { from: runs },
  failed: { from: ['accepted', 'awaiting-approval', 'approved', 'executing'], to: 'failed' },
  abandoned: { from: ['denied', 'expired', 'cancelled', 'failed'] },
  'ratification-rejected': { from: ['denied'] },
};

/** How a request that succeeds ends: with what was asked for and nothing else. */
function endOf(parameters: RequestParameters) {
  switch (parameters.operation) {
    case 'generate':
      return 'activated' as const;
    case 'rotate':
      return 'rotated' as const;
    case 'revoke':
      return parameters.mode === 'suspend' ? ('suspended' as const) : ('compromised' as const);
    case 'reinstate':
      return 'reinstated' as const;
    case 'destroy':
      return 'destruction-scheduled' as const;
    case 'cancel-destruction':
      return 'destruction-cancelled' as const;
    case 'emergency-revoke':
      return 'emergency-revoked' as const;
    case 'ratify':
      return 'ratified' as const;
  }
}

/**
 * Goes through what the ledger tells of the request, entry by entry, as if it happened again: whether each could follow
 * the one before, on the digest that stood then, and whether the request and its decisions are what comes of it.
 */
export function historyFaults(exported: Told): string[] {
  const { request, decisions, ledger } = exported;
  const own = ledger.filter(({ requestId }) => requestId === request.requestId);
  const open = new Map(decisions.map((decision) => [decisionDigest(decision), decision]));
  const taken: DecisionRecord[] = [];
  const faults: string[] = [];
  let state: RequestState | 'unasked' = 'unasked';
  // A request is asked for before anything is known of its evidence.
  let digest = requestDigest({ ...request, evidence: undefined });

  for (const [index, entry] of own.entries()) {
    const { event, details, seq } = entry;
    const turn = turnOf(event, request);
    if (turn === undefined || !turn.from.includes(state)) {
      faults.push(`Entry ${seq} tells of «${event}» while the request was ${state}.`);
    }
    if (event === 'evidence-changed' && details.formerDigest !== digest) {
      faults.push(`Entry ${seq} changes another digest than the one that stood.`);
    }
    if (event === 'evidence-collected' || event === 'evidence-changed') digest = text(details.digest);
    if ('digest' in details && details.digest !== digest) {
      faults.push(`Entry ${seq} («${event}») is on another digest than the one that stood.`);
    }
    if (event === 'requested') faults.push(...askingFaults(entry, exported));
    if (event === 'execution-started' && details.operation !== request.parameters.operation) {
      faults.push(`Entry ${seq} begins to carry out something else than was asked for.`);
    }
    if (event === 'decided') {
      const decision = open.get(text(details.decision));
      if (decision === undefined) {
        faults.push(
          `Entry ${seq} tells of a decision of ${entry.actor.name} that is not here as it was made.`,
        );
      } else {
        open.delete(text(details.decision));
        taken.push(decision);
        if (!tellsOf(entry, decision)) {
          faults.push(`Entry ${seq} tells something else of the decision of ${decision.person.name}.`);
        }
      }
    }
    const outcome = event === 'decided' ? quorumOutcome({ ...request, digest }, taken) : 'waiting';
    const next = own[index + 1]?.event;
    const said = next === 'approved' || next === 'denied' ? next : 'waiting';
    if (outcome !== said) {
      faults.push(`After entry ${seq} the decisions come to «${outcome}», and the ledger says «${said}».`);
    }
    state = turn?.to ?? state;
  }

  for (const { person } of open.values()) {
    faults.push(`The decision of ${person.name} (${person.id}) is not in the ledger as it is here.`);
  }
  if (decisions.length !== new Set(decisions.map(decisionDigest)).size) {
    faults.push('A decision is here more than once.');
  }
  return [...faults, ...standingFaults(exported, own, { state, digest })];
}

function turnOf(event: LedgerEvent, { parameters, approval }: RequestExport['request']): Turn | undefined {
  if (event === endOf(parameters)) return ended;
  if (event === 'execution-started') {
    return { from: [approval.quorum === 0 ? 'accepted' : 'approved'], to: 'executing' };
  }
  return event in turns ? turns[event as keyof typeof turns] : undefined;
}

function askingFaults({ at, actor, classHash, details }: LedgerEntry, { request }: Told): string[] {
  const { requester, createdAt, reason, parameters, approval } = request;
  const told = { at, actor, reason: details.reason, parameters: details.parameters, quorum: details.quorum };
  const asked = { at: createdAt, actor: requester, reason, parameters, quorum: approval.quorum };
  return [
    ...(same(told, asked) ? [] : ['Who asked, when, for what and why is not what the ledger says.']),
    ...(classHash === request.classHash
      ? []
      : ['The ledger says that it was asked for under another version of its class.']),
  ];
}

function tellsOf({ at, actor, details }: LedgerEntry, decision: DecisionRecord): boolean {
  const { verdict, reason, digest, channel, mfa, behalf, passkey, person, decidedAt } = decision;
  return (
    at === decidedAt &&
    same(actor, person) &&
    same(
      [details.verdict, details.reason, details.digest, details.channel, details.mfa],
      [verdict, reason, digest, channel, mfa],
    ) &&
    details.behalf === behalf?.person.id &&
    details.passkey === passkey?.credentialId
  );
}

/** Whether the request stands where the ledger leaves it. */
function standingFaults(
  { request }: Told,
  own: readonly LedgerEntry[],
  { state, digest }: { readonly state: RequestState | 'unasked'; readonly digest: string },
): string[] {
  const last = own.at(-1);
  const failure = own.findLast(({ event }) => event === 'failed' || event === 'undo-started');
  const code = failure?.details.code;
  return [
    ...(request.state === state
      ? []
      : [`The request is ${request.state}, and the ledger leaves it ${state}.`]),
    ...(request.digest === digest ? [] : ['The ledger leaves it with another digest.']),
    ...(request.error?.code === code ? [] : ['Why it failed is not what the ledger says.']),
    ...(request.updatedAt === last?.at ? [] : ['It was written at another time than the ledger says.']),
    ...(request.finishedAt === (finalRequestStates.has(request.state) ? last?.at : undefined)
      ? []
      : ['It ended at another time than the ledger says.']),
  ];
}

function same(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

function text(value: LedgerEntry['details'][string] | undefined): string {
  return typeof value === 'string' ? value : '';
}
