import type { Principal } from '../principal.ts';
import type { Grant } from '../store/grants.ts';

/** What a call asks of the grants on its key. */
export interface GrantQuestion {
  readonly principal: Principal;
  readonly operation: string;
  readonly encryptionContext: Readonly<Record<string, string>>;
  /** The grant that RetireGrant retires. */
  readonly retiredGrantId?: string;
  /** The operations of the grant that CreateGrant makes. */
  readonly grantedOperations?: readonly string[];
}

/** Whether one of the grants on the key allows the call. */
export function grantsAllow(grants: readonly Grant[], question: GrantQuestion): boolean {
  return grants.some((grant) =>
    question.operation === 'RetireGrant' ? mayRetire(grant, question) : mayUse(grant, question),
  );
}

/** A grant can be retired by its retiring principal, and by its grantee when it says so. */
function mayRetire(grant: Grant, { principal, retiredGrantId }: GrantQuestion): boolean {
  if (grant.id !== retiredGrantId) return false;
  const { retiringPrincipal, granteePrincipal, operations } = grant.terms;
  return (
    (retiringPrincipal !== undefined && isNamed(principal, retiringPrincipal)) ||
    (isNamed(principal, granteePrincipal) && operations.includes('RetireGrant'))
  );
}

function mayUse(grant: Grant, question: GrantQuestion): boolean {
  const { granteePrincipal, operations, constraints } = grant.terms;
  return (
    isNamed(question.principal, granteePrincipal) &&
    operations.includes(question.operation) &&
    // A grantee hands on no more than it has.
    (question.grantedOperations ?? []).every((operation) => operations.includes(operation)) &&
    meets(constraints, question)
  );
}

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

/** Constraints count for operations with an encryption context; DescribeKey and the like have none. */
function meets(constraints: Grant['terms']['constraints'], question: GrantQuestion): boolean {
  if (!WITH_CONTEXT.has(question.operation)) return true;
  const context = question.encryptionContext;
  const { encryptionContextEquals: exact, encryptionContextSubset: subset } = constraints ?? {};
  const includes = (wanted: Readonly<Record<string, string>>) =>
    Object.entries(wanted).every(([key, value]) => Object.hasOwn(context, key) && context[key] === value);
  return (
    (subset === undefined || includes(subset)) &&
    (exact === undefined || (includes(exact) && Object.keys(exact).length === Object.keys(context).length))
  );
}

function isNamed(principal: Principal, arn: string): boolean {
  return arn === principal.arn || arn === principal.policyArn;
}
