import { join } from 'node:path';
import { readPolicies } from '../../../../lambdas/adapters/policy-files.ts';
import type { Emergency, KeyState } from '../../../../lambdas/domain/key.ts';
import { approvalOf, classNamed } from '../../../../lambdas/domain/key-class.ts';
import type { Principal } from '../../../../lambdas/domain/principal.ts';
import type { RequestParameters } from '../../../../lambdas/domain/request.ts';
import { person } from '../examples.ts';

const { classes } = readPolicies(join(import.meta.dirname, '../../../../policies'));
export const keyClass = classNamed(classes, 'code-signing');

export const alice = person('alice', 'payments');
export const sam = person('sam', 'security');
/** Decides nothing. */
export const cora = person('cora', 'custodians');
export const people = [
  alice,
  sam,
  person('omar', 'payments'),
  person('sue', 'security'),
  person('eve', 'guests'),
];

const MINUTE = 60_000;
const LEASE = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;

export interface ModelRequest {
  readonly requestId: string;
  readonly parameters: RequestParameters;
  readonly requester: string;
  readonly expiresAt: number;
  phase: 'accepted' | 'awaiting' | 'approved' | 'executing' | 'undoing' | 'over';
  made: 'nothing' | 'version' | 'proven version';
  /** How many versions had lived when its evidence was gathered. */
  shown?: number;
  readonly said: Map<string, 'approve' | 'deny'>;
}

/** A key as far as anybody can foretell it. */
export interface Model {
  /** Who stopped it last at once, and what has become of that. */
  emergency?: { readonly by: ModelRequest; status: Emergency['status'] } | undefined;
  state: KeyState;
  /** How many versions have lived. */
  lived: number;
  destruction?: { status: 'scheduled' | 'interrupted'; prior: KeyState; at: number } | undefined;
  lease?: { holder: ModelRequest; until: number } | undefined;
  readonly requests: ModelRequest[];
}

/** Whether somebody's word counts: it is in a group that decides, and has not asked for it itself. */
export function isAsked({ parameters, requester }: ModelRequest, { id, groups }: Principal): boolean {
  const { groups: deciding } = approvalOf(keyClass, parameters.operation);
  return (
    id !== requester && groups.some((group) => deciding.includes(group === 'payments' ? 'owner' : group))
  );
}

/** Each of these people is in one group, so that a place for one of a group is filled by counting. */
export function quorumOf(request: ModelRequest): 'denied' | 'approved' | 'waiting' {
  const { quorum, atLeast = [] } = approvalOf(keyClass, request.parameters.operation);
  const said = people
    .filter((who) => isAsked(request, who))
    .flatMap(({ id, groups }) => {
      const verdict = request.said.get(id);
      return verdict === undefined ? [] : [{ verdict, groups }];
    });
  if (said.some(({ verdict }) => verdict === 'deny')) return 'denied';
  const certain = atLeast.every(
    ({ people: needed, group }) => said.filter(({ groups }) => groups.includes(group)).length >= needed,
  );
  return certain && said.length >= quorum ? 'approved' : 'waiting';
}

export function allows({ state, destruction }: Model, parameters: RequestParameters): boolean {
  // It judges what was done, and changes nothing.
  if (parameters.operation === 'ratify') return state !== 'pre-activation';
  if (parameters.operation === 'cancel-destruction')
    return destruction !== undefined && state !== 'destroyed';
  if (destruction?.status === 'scheduled') return false;
  switch (parameters.operation) {
    case 'generate':
      return state === 'pre-activation';
    case 'rotate':
      return state === 'active';
    case 'revoke':
      return parameters.mode === 'suspend'
        ? state === 'active'
        : state === 'active' || state === 'suspended' || state === 'deactivated';
    case 'reinstate':
      return state === 'suspended' || state === 'deactivated';
    case 'destroy':
      return state !== 'pre-activation' && state !== 'destroyed';
    case 'emergency-revoke':
      return state === 'active' || state === 'deactivated';
  }
}

/** Whether what a lost execution has half made keeps the request waiting, or it takes what its approvers were not shown. */
export function takesMore(model: Model, request: ModelRequest): boolean {
  if (request.parameters.operation !== 'destroy') return false;
  const half = model.requests.some(
    ({ phase, made }) => (phase === 'executing' || phase === 'undoing') && made !== 'nothing',
  );
  return half || request.shown !== model.lived;
}

export const holds = (model: Model, request: ModelRequest, now: number): boolean =>
  model.lease?.holder === request && now < model.lease.until;
export const isFree = (model: Model, request: ModelRequest, now: number): boolean =>
  model.lease === undefined || model.lease.holder === request || now >= model.lease.until;

/** The request holds the key from now on. */
export function hold(model: Model, request: ModelRequest, now: number): void {
  model.lease = { holder: request, until: now + LEASE };
}

export function end(model: Model, request: ModelRequest): void {
  request.phase = 'over';
  if (model.lease?.holder === request) model.lease = undefined;
  if (request.parameters.operation === 'generate' && model.state === 'pre-activation')
    model.state = 'destroyed';
}

/** The emergency that the key stands under on one person's word, if there is one. */
export function unsettled({ emergency }: Model): NonNullable<Model['emergency']> | undefined {
  return emergency?.status === 'unratified' || emergency?.status === 'rejected' ? emergency : undefined;
}

/** The emergency that a ratification is about, unless that one is settled. */
export function judged(model: Model, { parameters }: ModelRequest): Model['emergency'] {
  const emergency = unsettled(model);
  const about = parameters.operation === 'ratify' ? parameters.emergencyRequestId : undefined;
  return emergency?.by.requestId === about ? emergency : undefined;
}

function settle(model: Model, status: Emergency['status']): void {
  const emergency = unsettled(model);
  if (emergency !== undefined) emergency.status = status;
}

/** What a key is after an operation that was carried through. */
export function carryThrough(model: Model, request: ModelRequest, now: number): void {
  const { state, destruction } = model;
  const { parameters } = request;
  switch (parameters.operation) {
    case 'generate':
    case 'rotate':
      model.state = 'active';
      model.lived += 1;
      return;
    case 'revoke':
      model.state = parameters.mode === 'compromise' ? 'compromised' : 'suspended';
      model.destruction = undefined;
      settle(model, 'superseded');
      return;
    case 'reinstate':
      model.state = 'active';
      model.destruction = undefined;
      settle(model, 'reinstated');
      return;
    case 'emergency-revoke':
      // One that dies and is gone on with later finds a key that others have changed.
      if (state === 'active') model.state = 'suspended';
      if (destruction?.status === 'interrupted') model.destruction = undefined;
      model.emergency = { by: request, status: 'unratified' };
      return;
    case 'ratify': {
      const emergency = judged(model, request);
      if (emergency !== undefined) emergency.status = 'ratified';
      return;
    }
    case 'destroy':
      settle(model, 'superseded');
      model.state = state === 'active' ? 'suspended' : state;
      model.destruction = {
        status: 'scheduled',
        prior: destruction?.prior ?? state,
        at: now + 30 * DAY,
      };
      return;
    case 'cancel-destruction':
      model.state = destruction?.prior ?? state;
      model.destruction = undefined;
  }
}

export function accepted(
  requestId: string,
  parameters: RequestParameters,
  requester: Principal,
  now: number,
): ModelRequest {
  return {
    requestId,
    parameters,
    requester: requester.id,
    expiresAt: now + (parameters.operation === 'ratify' ? 1 : 7) * DAY,
    phase: 'accepted',
    made: 'nothing',
    said: new Map(),
  };
}
