import type { KeyRecord } from '../domain/key.ts';
import type { Evidence, RequestParameters } from '../domain/request.ts';

interface Subject {
  readonly evidence: Evidence;
  readonly key: Pick<KeyRecord, 'alias' | 'usage'>;
  readonly parameters: RequestParameters;
}

/**
 * What fails when a key goes, in sentences for those who decide it, from what was looked at: its data or signatures, its
 * grants, those whom its key policies let in, its registered consumers and its aliases. What was not looked at is said to
 * be unknown. Nothing for an operation that takes nothing away.
 */
export function consequencesOf({ evidence, key, parameters }: Subject): string[] {
  const loss = lossOf(parameters);
  if (loss === undefined) return [];
  return [
    ...(loss.already === true ? ['The key is stopped already: what follows has been so since.'] : []),
    protectedBy(key, loss),
    ...grantsOf(evidence),
    ...letInBy(evidence),
    ...consumersOf(evidence),
    ...(loss.deleted === undefined ? [] : aliasesOf(evidence, key)),
  ];
}

interface Loss {
  /** Until when, as the end of a sentence. */
  readonly until: string;
  /** In how many days what the key holds is deleted; undefined when it is kept. */
  readonly deleted?: number;
  readonly already?: true;
}

function lossOf(parameters: RequestParameters): Loss | undefined {
  switch (parameters.operation) {
    case 'revoke':
      return { until: parameters.mode === 'suspend' ? ' until the key is reinstated' : ', from then on' };
    case 'emergency-revoke':
      return { until: ' until the key is reinstated' };
    case 'ratify':
      return { until: ' until the key is reinstated', already: true };
    case 'destroy':
      return { until: ', from the approval on', deleted: parameters.windowDays };
    case 'generate':
    case 'rotate':
    case 'reinstate':
    case 'cancel-destruction':
      return undefined;
  }
}

function protectedBy({ usage }: Subject['key'], { until, deleted }: Loss): string {
  switch (usage) {
    case 'ENCRYPT_DECRYPT':
      return deleted === undefined
        ? `What this key has encrypted cannot be decrypted by anybody${until}. How much that is is not known.`
        : `What this key has encrypted cannot be decrypted by anybody${until}; ${deleted} days later what only this key decrypts is lost for good, with every copy and backup of it. How much that is is not known.`;
    case 'SIGN_VERIFY':
      return deleted === undefined
        ? `Nothing is signed with this key${until}, and KMS verifies none of its signatures.`
        : `Nothing is signed with this key${until}, and KMS verifies none of its signatures, for good after ${deleted} days: then only whoever has kept a copy of the public key can verify them.`;
  }
}

function grantsOf({ kmsKeys }: Evidence): string[] {
  const operationsOf = new Map<string, Set<string>>();
  for (const { grantee, operations } of kmsKeys.flatMap(({ grants }) => grants)) {
    const known = operationsOf.get(grantee) ?? new Set();
    operationsOf.set(grantee, new Set([...known, ...operations]));
  }
  return [...operationsOf].map(([grantee, operations]) => {
    const service = serviceIn(grantee);
    const named = [...operations].join(', ');
    return service === undefined
      ? `The grant to ${grantee} stops working: ${named} fails.`
      : `The AWS service ${service} loses its grant: what it keeps under this key for somebody fails (${named}).`;
  });
}

function letInBy({ kmsKeys }: Evidence): string[] {
  const unknown = kmsKeys.filter(({ policyPrincipals }) => policyPrincipals === undefined);
  const principals = new Set(kmsKeys.flatMap(({ policyPrincipals }) => policyPrincipals ?? []));
  return [
    ...[...principals].map(principalLoss),
    ...unknown.map(
      ({ version }) =>
        `Whom the key policy of version ${version} lets use it was not looked at: they fail as well.`,
    ),
  ];
}

function principalLoss(principal: string): string {
  const service = serviceIn(principal);
  if (service !== undefined) {
    return `The AWS service ${service}, which the key policy lets in, can no longer use the key.`;
  }
  const account = /^arn:[\w-]+:iam::(\d{12}):root\b/.exec(principal)?.[1];
  return account === undefined
    ? `${principal}, whom the key policy lets use the key, can no longer use it.`
    : `Everybody whom IAM policies of the account ${account} let use the key can no longer use it. Who they are was not looked at.`;
}

/** `dynamodb` of `dynamodb.eu-west-1.amazonaws.com`. */
function serviceIn(principal: string): string | undefined {
  return /^([a-z0-9-]+)(?:\.[a-z0-9-]+)*\.amazonaws\.com\b/.exec(principal)?.[1];
}

function consumersOf({ consumers }: Evidence): string[] {
  if (consumers === undefined) {
    return ['Whether anybody has registered as a consumer was not looked at.'];
  }
  if (consumers.length === 0) {
    return ['Nobody has registered as a consumer. That does not say that there is none.'];
  }
  return consumers.map(
    ({ name, contact, uses }) => `${name} relies on the key: ${endedSentence(uses)} Ask ${contact}.`,
  );
}

function endedSentence(text: string): string {
  return /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}

/** KMS deletes a key's aliases with it. */
function aliasesOf({ kmsKeys }: Evidence, { alias }: Subject['key']): string[] {
  const aliases = new Set([alias, ...kmsKeys.flatMap((kmsKey) => kmsKey.aliases)]);
  return [...aliases].map((name) => `${name} will point to nothing: whoever goes by that name fails.`);
}
