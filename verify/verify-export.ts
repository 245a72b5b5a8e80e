import { canonicalJson } from '../lambdas/domain/canonical.ts';
import { shortDigest } from '../lambdas/domain/digest.ts';
import { ratifyingClass } from '../lambdas/domain/emergency.ts';
import type { RequestExport } from '../lambdas/domain/export.ts';
import { approvalOf } from '../lambdas/domain/key-class.ts';
import { verifyChain } from '../lambdas/domain/ledger.ts';
import { changesOf } from '../lambdas/domain/untouched.ts';
import { historyFaults } from './history.ts';
import { nameOf } from './name.ts';
import { passkeyFaults } from './passkeys.ts';
import { quorumFaults } from './quorum.ts';
import { signatureFaults } from './signatures.ts';
import { fingerprintOf, type Trust } from './trust.ts';

export interface Finding {
  readonly check: 'request' | 'rule' | 'ledger' | 'history' | 'signatures' | 'passkeys' | 'quorum';
  readonly ok: boolean;
  /** What was found, in sentences. */
  readonly told: readonly string[];
}

export interface Verification {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** What was taken from the export itself and is to be compared with what the verifier holds. */
  readonly unpinned: readonly string[];
}

/** Verifies a request's whole chain, from nothing but its export and what the verifier trusts. */
export async function verifyExport(exported: RequestExport, trust: Trust = {}): Promise<Verification> {
  const findings = await Promise.all([
    finding('request', () => changesOf(exported.request, exported.key), [
      `The request is the one that was asked for: its fields give the digest ${shortDigest(exported.request.digest)}.`,
    ]),
    finding('rule', () => ruleFaults(exported, trust), [ruleTold(exported)]),
    finding('ledger', () => ledgerFaults(exported, trust), [
      `The ledger of the key holds from its first entry to its ${exported.ledger.length}th, where it ends.`,
    ]),
    finding('history', () => historyFaults(exported), [
      'The ledger tells of this request, step by step, what the request and its decisions say.',
    ]),
    finding('signatures', () => signatureFaults(exported, trust), [signaturesTold(exported)]),
    finding('passkeys', () => passkeyFaults(exported, trust), passkeysTold(exported)),
    finding('quorum', () => quorumFaults(exported), quorumTold(exported)),
  ]);
  return { ok: findings.every(({ ok }) => ok), findings, unpinned: unpinned(exported, trust) };
}

/** What cannot be looked at, such as text that has no canonical form, does not hold. */
async function finding(
  check: Finding['check'],
  look: () => readonly string[] | Promise<readonly string[]>,
  told: readonly string[],
): Promise<Finding> {
  try {
    const faults = await look();
    return faults.length > 0 ? { check, ok: false, told: faults } : { check, ok: true, told };
  } catch (error) {
    return { check, ok: false, told: [`It cannot be looked at: ${String(error)}`] };
  }
}

/** Whether the request was made under the rule that the class had: nobody but the verifier knows which class that was. */
function ruleFaults({ request }: RequestExport, { classes }: Trust): string[] {
  if (classes === undefined) return [];
  const { className, classHash, parameters, approval, requester } = request;
  const held = classes.find(({ name }) => name === className);
  if (held === undefined) return [`There is no class ${className} in the ones you hold.`];
  if (held.hash !== classHash) {
    return [
      `The request was made under version ${classHash} of the class ${className}, and you hold ${held.hash}. Give the file as it was on ${request.createdAt}.`,
    ];
  }
  const asking = parameters.operation === 'ratify' ? ratifyingClass(held, requester) : held;
  return canonicalJson(approvalOf(asking, parameters.operation)) === canonicalJson(approval)
    ? []
    : [`The class ${className} has another rule for ${parameters.operation}.`];
}

function ledgerFaults({ ledger, key }: RequestExport, { ledgerHead }: Trust): string[] {
  const chain = verifyChain(ledger, { ledgerSeq: key.ledger.length, ledgerHead: key.ledger.head });
  const strange = ledger.some(({ keyId }) => keyId !== key.keyId);
  const known = ledgerHead === undefined || ledger.some(({ hash }) => hash === ledgerHead);
  return [
    ...(chain.ok ? [] : [`The chain breaks at entry ${chain.seq}: ${chain.problem}.`]),
    ...(strange ? ['It is the ledger of another key.'] : []),
    ...(known
      ? []
      : [`The ledger does not go through ${ledgerHead}, where you saw it end: it was rewritten.`]),
  ];
}

function ruleTold({ request }: RequestExport): string {
  const { approval, className, parameters } = request;
  const { quorum, groups, atLeast = [], mfa, passkey } = approval;
  const proof = [...(mfa === true ? ['a second factor'] : []), ...(passkey === true ? ['a passkey'] : [])];
  const who =
    quorum === 0
      ? 'nobody'
      : [
          `${quorum} of ${groups.join(', ')}`,
          ...atLeast.map(({ people, group }) => `at least ${people} of ${group}`),
          ...(proof.length === 0 ? [] : [`with ${proof.join(' and ')}`]),
        ].join(', ');
  return `For ${parameters.operation} the class ${className} asks ${who}.`;
}

function signaturesTold({ decisions }: RequestExport): string {
  return decisions.length === 0
    ? 'There is no decision to vouch for.'
    : `Keyward's approval key vouches for ${decisions.length === 1 ? 'the decision' : `all ${decisions.length} decisions`}.`;
}

function passkeysTold({ decisions }: RequestExport): string[] {
  const signed = decisions.filter(({ passkey }) => passkey !== undefined);
  return signed.length === 0
    ? ['No decision carries a passkey, and none has to.']
    : [`${signed.map(nameOf).join(' and ')} signed the digest with a passkey, verified by their device.`];
}

function quorumTold({ request, decisions }: RequestExport): string[] {
  const { approval, state } = request;
  if (approval.quorum === 0) return [`The rule asks nobody. The request is ${state}.`];
  return [
    `The decisions come to what the request says: ${state}.`,
    ...decisions.map((decision) => {
      const { verdict, decidedAt, channel, mfa, passkey, behalf, reason, digest } = decision;
      const how = [
        channel,
        mfa ? 'second factor' : 'no second factor',
        ...(passkey === undefined ? [] : ['passkey']),
        ...(behalf === undefined ? [] : [`in the place of ${behalf.person.name} (${behalf.person.id})`]),
        ...(digest === request.digest ? [] : ['on an earlier digest: it does not count']),
      ];
      return `${nameOf(decision)} ${verdict === 'approve' ? 'approved' : 'denied'} at ${decidedAt} (${how.join(', ')}): ${reason}`;
    }),
  ];
}

function unpinned(
  { approvalKey, decisions, request, key: { ledger } }: RequestExport,
  trust: Trust,
): string[] {
  const key = fingerprintOf(Buffer.from(approvalKey.publicKey, 'base64'));
  const passkeys = decisions.flatMap(({ passkey, person }) =>
    passkey === undefined
      ? []
      : [
          `passkey of ${person.name} (${person.id}): ${fingerprintOf(Buffer.from(passkey.publicKey, 'base64url'))}`,
        ],
  );
  return [
    ...(trust.approvalKeyFingerprint === undefined ? [`approval key: ${key}`] : []),
    ...(trust.passkeys === undefined ? passkeys : []),
    ...(trust.origin === undefined && passkeys.length > 0 ? ['the origin that the passkeys signed for'] : []),
    ...(trust.classes === undefined ? [`class ${request.className}: ${request.classHash}`] : []),
    ...(trust.ledgerHead === undefined ? [`end of the ledger: ${ledger.head} (entry ${ledger.length})`] : []),
  ];
}
