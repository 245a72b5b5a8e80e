import { shortDigest } from '../domain/digest.ts';
import type { KeyRecord } from '../domain/key.ts';
import { approverGroups } from '../domain/quorum.ts';
import type { RequestParameters, RequestRecord } from '../domain/request.ts';
import { plain } from './plain.ts';

/** One line of what an approver has to know. Mail and page say the same. */
export interface Fact {
  readonly label: string;
  readonly value: string;
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
      ['Needs', `${approval.quorum} of ${groups.join(', ')}, never the requester`],
      ['Ends', timeText(request.expiresAt)],
      ['Digest', shortDigest(request.digest)],
    ),
  };
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
  const { kmsKeys, gaps, collectedAt } = evidence;
  const grants = kmsKeys.reduce((sum, kmsKey) => sum + kmsKey.grants.length, 0);
  return facts(
    ['Evidence', `${counted(kmsKeys.length, 'KMS key')}, ${counted(grants, 'grant')}`],
    ['As of', `${timeText(collectedAt)}: the state at that moment, and no period before it`],
    ...gaps.map((gap): [string, string] => ['Not known', gap]),
  );
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
