import type { Principal } from '../../lambdas/domain/principal.ts';
import type { ApprovalRule } from '../../lambdas/domain/request.ts';

// What approvals should come to, worked out in the plainest way: by trying everything.

export interface Voice {
  readonly verdict: 'approve' | 'deny';
  readonly person: string;
  /** The groups that the directory had at the time, of the person and of whoever they stood in for. */
  readonly own: readonly string[];
  readonly behalf?: { readonly person: string; readonly groups: readonly string[] };
  readonly mfa: boolean;
  /** Milliseconds. */
  readonly at: number;
}

export interface Away {
  readonly person: Principal;
  readonly substitute: Principal;
  readonly from: number;
  readonly until: number;
}

export interface Asked {
  readonly requestId: string;
  readonly rule: ApprovalRule;
  readonly requester: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  digest: string;
  state: 'waiting' | 'approved' | 'denied' | 'expired' | 'cancelled' | 'executing' | 'succeeded';
  /** By digest: what was said on it. */
  readonly voices: Map<string, Voice[]>;
}

export interface Model {
  now: number;
  directoryAnswers: boolean;
  readonly groups: Map<string, readonly string[]>;
  readonly away: Away[];
  readonly requests: Asked[];
}

export const OWNER = 'payments';
const HOUR = 3_600_000;
/** The escalation of the rules here. */
export const ESCALATES_AFTER = 6 * HOUR;

const named = (groups: readonly string[]): string[] =>
  groups.map((group) => (group === 'owner' ? OWNER : group));

function escalated({ rule, createdAt }: Asked, at: number): readonly string[] {
  return rule.escalation !== undefined && at >= createdAt + ESCALATES_AFTER ? rule.escalation.groups : [];
}

const deciding = (asked: Asked, at: number): string[] => [
  ...named(asked.rule.groups),
  ...escalated(asked, at),
];

const meet = (one: readonly string[], other: readonly string[]): boolean =>
  one.some((group) => other.includes(group));

export function standIns({ away, now, groups }: Model, who: Principal) {
  return away
    .filter(({ substitute, from, until }) => substitute.id === who.id && from <= now && now < until)
    .map(({ person }) => ({ person: person.id, groups: groups.get(person.id) ?? [] }));
}

/** The voices that count: on this digest, not spent, of the right groups. */
export function counted(
  asked: Asked,
): { verdict: string; groups: readonly string[]; at: number; mfa: boolean }[] {
  const all = asked.voices.get(asked.digest) ?? [];
  const isSpent = (voice: Voice): boolean =>
    voice.behalf === undefined ||
    voice.behalf.person === asked.requester ||
    all.some(
      (other) =>
        other !== voice &&
        (other.person === voice.behalf?.person ||
          (other.behalf?.person === voice.behalf?.person &&
            (other.at < voice.at || (other.at === voice.at && other.person < voice.person)))),
    );
  return all.flatMap((voice) => {
    const { verdict, person, own, behalf, at, mfa } = voice;
    const groups = isSpent(voice) ? own : [...own, ...(behalf?.groups ?? [])];
    return person !== asked.requester && meet(groups, deciding(asked, at))
      ? [{ verdict, groups, at, mfa }]
      : [];
  });
}

/** Tries every way to give the places of the quorum to those who approved. */
export function comesTo(asked: Asked): 'approved' | 'denied' | 'waiting' {
  const { rule } = asked;
  const voices = counted(asked);
  if (voices.some(({ verdict }) => verdict === 'deny')) return 'denied';
  const approvers = voices.filter(({ mfa }) => rule.mfa !== true || mfa);
  const places = (rule.atLeast ?? []).flatMap(({ people, group }) => Array(people).fill(named([group])));
  while (places.length < rule.quorum) places.push(named(rule.groups));
  const fill = (place: number, left: readonly (typeof approvers)[number][]): boolean =>
    place === places.length ||
    left.some(
      (who) =>
        meet(who.groups, [...places[place], ...escalated(asked, who.at)]) &&
        fill(
          place + 1,
          left.filter((other) => other !== who),
        ),
    );
  return fill(0, approvers) ? 'approved' : 'waiting';
}

export interface Act {
  readonly who: Principal;
  readonly request: Asked;
  readonly verdict: 'approve' | 'deny';
  /** The digest that the person was shown. */
  readonly digest: string;
}

/** What the person has to be told, and what it does to the model. */
export function foretell(model: Model, act: Act, channel: string): string {
  if (channel !== 'slack') return foretellOf(model, act);
  // Slack brings no sign-in: who somebody is there says the directory, and a second factor nobody.
  if (!model.directoryAnswers) return 'BackendBusy';
  const groups = model.groups.get(act.who.id);
  if (groups === undefined) return 'NotAnApprover';
  return foretellOf(model, { ...act, who: { ...act.who, groups: [...groups], mfa: false } });
}

function foretellOf(model: Model, { who, request, verdict, digest }: Act): string {
  const places = standIns(model, who);
  // To know whom somebody stands in for takes the directory.
  if (!model.directoryAnswers && places.length > 0) return 'BackendBusy';
  const visible = [
    ...named(request.rule.groups),
    ...(request.rule.escalation?.groups ?? []),
    OWNER,
    'auditors',
  ];
  const sees =
    who.id === request.requester ||
    [who.groups, ...places.map(({ groups }) => groups)].some((groups) => meet(groups, visible));
  if (!sees) return 'RequestNotFound';
  if (!model.directoryAnswers) return 'BackendBusy';
  const own = model.groups.get(who.id);
  if (own === undefined) return 'NotAnApprover';
  if (who.id === request.requester) return 'SelfApproval';
  const may = deciding(request, model.now);
  const said = request.voices.get(request.digest) ?? [];
  const behalf = places.find(
    ({ person, groups }) =>
      meet(groups, may) &&
      person !== request.requester &&
      !said.some(
        (voice) => voice.person !== who.id && (voice.person === person || voice.behalf?.person === person),
      ),
  );
  if (!meet(own, may) && behalf === undefined) return 'NotAnApprover';
  if (said.some(({ person }) => person === who.id)) return 'stood';
  if (request.state !== 'waiting' || model.now >= request.expiresAt) return 'RequestClosed';
  if (digest !== request.digest) return 'DigestChanged';
  if (verdict === 'approve' && request.rule.mfa === true && !who.mfa) return 'MfaRequired';
  const voice: Voice = {
    verdict,
    person: who.id,
    own,
    ...(meet(own, may) || behalf === undefined ? {} : { behalf }),
    mfa: who.mfa,
    at: model.now,
  };
  request.voices.set(request.digest, [...said, voice]);
  const outcome = comesTo(request);
  if (outcome !== 'waiting') request.state = outcome;
  return 'recorded';
}
