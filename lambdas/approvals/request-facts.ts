import { shortDigest } from '../domain/digest.ts';
import type { KeyRecord } from '../domain/key.ts';
import { approverGroups } from '../domain/quorum.ts';
import type { ApprovalRule, Evidence, RequestParameters, RequestRecord } from '../domain/request.ts';
import { plain } from './plain.ts';

/**
 * One line of what an approver has to know. Mail, Slack and page say the same; beside it the page names the KMS keys, and
 * says in sentences what will fail, which it draws from nothing else.
 */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

const GAP = 'Not known';

/** Whether a fact of the evidence says what could not be looked at. */
export function isGap({ label }: Fact): boolean {
  return label === GAP;
}

export interface RequestFacts {
  /** What is asked, of which key, by whom, why. */
  readonly asked: readonly Fact[];
  /** What was looked at, and everything that could not be. */
  readonly evidence: readonly Fact[];
  /** Who decides, until when, on which digest. */
  readonly rule: readonly Fact[];
}

export function factsOf(request: RequestRecord, key: KeyRecord): RequestFacts {
  const { approval, parameters, requester } = request;
  const groups = approverGroups(approval, request.owner);
  return {
    asked: facts(
      ['Operation', parameters.operation],
      ['What follows', consequenceOf(parameters)],
      ['Key', `${key.alias} (${key.spec}, ${key.state})`],
      ['Owner', key.owner],
      ['Class', `${request.className}, version ${shortDigest(request.classHash)}`],
      // The name is what somebody calls themselves; the id is what the sign-in vouches for.
      ['Requested by', `${requester.name} (${requester.id})`],
      ['Reason', request.reason],
    ),
    evidence: evidenceFacts(request),
    rule: facts(
      ['Needs', ruleText(approval, groups, request.owner)],
      ['Ends', timeText(request.expiresAt)],
      ['Digest', shortDigest(request.digest)],
    ),
  };
}

/** Who has to agree, in words. */
function ruleText(rule: ApprovalRule, groups: readonly string[], owner: string): string {
  const certain = (rule.atLeast ?? []).map(
    ({ people, group }) => `at least ${people} of ${group === 'owner' ? owner : group}`,
  );
  const proof =
    rule.passkey === true ? 'signed with a passkey' : rule.mfa === true ? 'with a second factor' : '';
  return [
    `${rule.quorum} of ${groups.join(', ')}`,
    ...certain,
    'never the requester',
    ...(proof === '' ? [] : [`approvals ${proof}`]),
  ].join('; ');
}

/** What an approval brings about, for people who do not carry it out every day. */
function consequenceOf(parameters: RequestParameters): string {
  switch (parameters.operation) {
    case 'generate':
      return 'A new key is made.';
    case 'rotate':
      return `New key material takes over (${parameters.cause}). What the old one protected stays readable.`;
    case 'revoke':
      return parameters.mode === 'suspend'
        ? 'The key stops working for everybody until it is reinstated.'
        : 'The key is marked as compromised and stops working for everybody, for good.';
    case 'emergency-revoke':
      return 'A custodian stops the key at once; the quorum is asked afterwards.';
    case 'ratify':
      return 'You say whether stopping the key in an emergency was right. A yes ends the alerts and leaves the key stopped; a no leaves it stopped too, and somebody has to ask for its reinstatement.';
    case 'reinstate':
      return 'The suspended key works again.';
    case 'destroy':
      return `The key stops working at once and is deleted after ${parameters.windowDays} days. What only it can decrypt is then lost for good.`;
    case 'cancel-destruction':
      return 'The key is not deleted, and is again what it was before.';
  }
}

function evidenceFacts({ evidence }: RequestRecord): Fact[] {
  if (evidence === undefined) {
    return facts(['Evidence', 'None was collected: it is not known who depends on the key.']);
  }
  const { kmsKeys, consumers, collectedAt } = evidence;
  const grants = kmsKeys.reduce((sum, kmsKey) => sum + kmsKey.grants.length, 0);
  return facts(
    ['Evidence', `${counted(kmsKeys.length, 'KMS key')}, ${counted(grants, 'grant')}`],
    ['As of', `${timeText(collectedAt)}: the state at that moment, and no period before it`],
    ...kmsKeys.flatMap(kmsKeyFacts),
    ...(consumers ?? []).map(({ name, contact, uses }): [string, string] => [
      'Consumer',
      `${name} (${contact}): ${uses}`,
    ]),
    ...gapsIn(evidence).map((gap): [string, string] => [GAP, gap]),
  );
}

function kmsKeyFacts(kmsKey: Evidence['kmsKeys'][number]): [label: string, value: string][] {
  const { version, keyState, aliases, grants, policyPrincipals } = kmsKey;
  const state = [
    keyState,
    `last use: ${lastUseText(kmsKey)}`,
    `aliases: ${aliases.join(', ') || 'none'}`,
    `lets use it by its key policy: ${policyPrincipals?.join(', ') ?? 'not looked at'}`,
  ];
  const granted = grants.map(({ grantee, operations }) => `${grantee} (${operations.join(', ')})`);
  return [
    [`Version ${version}`, state.join('; ')],
    ...(grants.length === 0
      ? []
      : [[`Grants of version ${version}`, granted.join('; ')] as [string, string]]),
  ];
}

/** What could not be looked at, and what nobody looked at. */
export function gapsIn({ gaps, consumers, window }: Evidence): string[] {
  return [
    ...gaps,
    ...(consumers === undefined
      ? ['Whether anybody has registered as a consumer of the key was not looked at.']
      : []),
    ...(window === undefined ? ['Who used the key over a time was not looked at.'] : []),
  ];
}

/** The last use that KMS knows of, in words. */
export function lastUseText({ lastUse }: Evidence['kmsKeys'][number]): string {
  if (lastUse === undefined) return 'not looked at';
  const since = lastUse.trackedSince === undefined ? '' : ` since ${timeText(lastUse.trackedSince)}`;
  if (lastUse.at === undefined) return `none known${since}`;
  return `${lastUse.operation ?? 'unknown operation'}, ${timeText(lastUse.at)}`;
}

/** `2026-12-02 03:02 UTC` of a timestamp. */
export function timeText(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)} UTC`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function facts(...pairs: readonly (readonly [label: string, value: string])[]): Fact[] {
  return pairs.map(([label, value]) => ({ label, value: plain(value).trim() }));
}
