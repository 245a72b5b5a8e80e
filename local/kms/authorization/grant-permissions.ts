import { isDeepStrictEqual } from 'node:util';
import type { Principal } from '../principal.ts';
import type { Grant, GrantTerms } from '../store/grants.ts';

/** What a call asks of the grants on its key. */
export interface GrantQuestion {
  readonly principal: Principal;
  readonly operation: string;
  readonly encryptionContext: Readonly<Record<string, string>>;
  /** The grant that CreateGrant makes. */
  readonly created?: GrantTerms | undefined;
  /** Whether the principal's own policies allow the call: a grant to an account leaves it to those. */
  readonly isAllowedByOwnPolicies: () => boolean;
}

/** Whether one of the grants on the key allows the call. */
export function grantsAllow(grants: readonly Grant[], question: GrantQuestion): boolean {
  return grants.some(
    ({ terms }) =>
      terms.operations.includes(question.operation) && isGrantee(terms, question) && meets(terms, question),
  );
}

/** Whether the grant itself lets the principal retire it, with or without the permission to do so. */
export function mayRetire({ retiringPrincipal, ...terms }: GrantTerms, principal: Principal): boolean {
  const { kind, arn } = principal;
  if (kind === 'AWSService' && arn === terms.retiringServicePrincipal) return true;
  if (retiringPrincipal !== undefined && isNamed(principal, retiringPrincipal)) return true;
  return (
    terms.operations.includes('RetireGrant') &&
    (kind === 'AWSService'
      ? arn === terms.granteeServicePrincipal
      : terms.granteePrincipal !== undefined && isNamed(principal, terms.granteePrincipal))
  );
}

function isGrantee(terms: GrantTerms, { principal, isAllowedByOwnPolicies }: GrantQuestion): boolean {
  const { granteePrincipal, granteeServicePrincipal } = terms;
  if (principal.kind === 'AWSService') return principal.arn === granteeServicePrincipal;
  if (granteePrincipal === undefined) return false;
  return (
    isNamed(principal, granteePrincipal) ||
    (granteePrincipal === accountRoot(principal) && isAllowedByOwnPolicies())
  );
}

function isNamed({ arn, policyArn }: Principal, named: string): boolean {
  return named === arn || named === policyArn;
}

/** Stands for the whole account of the principal. */
export const accountRoot = ({ accountId }: Principal) => `arn:aws:iam::${accountId}:root`;

const WITH_CONTEXT: ReadonlySet<string> = new Set([
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
]);

/** The encryption context counts for operations that have one; DescribeKey and the like do not. */
function meets({ operations, constraints = {} }: GrantTerms, question: GrantQuestion): boolean {
  const { sourceArn, encryptionContextEquals: exact, encryptionContextSubset: subset } = constraints;
  if (sourceArn !== undefined && sourceArn !== question.principal.sourceArn) return false;
  if (question.created !== undefined) return isWithin(question.created, { operations, constraints });
  if (!WITH_CONTEXT.has(question.operation)) return true;
  const context = question.encryptionContext;
  return (
    (subset === undefined || includes(context, subset)) &&
    (exact === undefined || isDeepStrictEqual({ ...context }, { ...exact }))
  );
}

/** A grantee hands on no more operations than it has, within constraints at least as strict. */
function isWithin(child: GrantTerms, parent: Pick<GrantTerms, 'operations' | 'constraints'>): boolean {
  const {
    sourceArn,
    encryptionContextEquals: exact,
    encryptionContextSubset: subset,
  } = parent.constraints ?? {};
  const own = child.constraints ?? {};
  return (
    child.operations.every((operation) => parent.operations.includes(operation)) &&
    (sourceArn === undefined || own.sourceArn === sourceArn) &&
    (exact === undefined || isDeepStrictEqual(own.encryptionContextEquals, exact)) &&
    (subset === undefined ||
      includes({ ...own.encryptionContextSubset, ...own.encryptionContextEquals }, subset))
  );
}

type Pairs = Readonly<Record<string, string>>;

function includes(context: Pairs, wanted: Pairs): boolean {
  return Object.entries(wanted).every(
    ([key, value]) => Object.hasOwn(context, key) && context[key] === value,
  );
}
