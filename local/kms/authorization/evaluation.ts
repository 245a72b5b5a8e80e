import type { Principal } from '../principal.ts';
import { type ConditionValues, conditionsHold } from './conditions.ts';
import type { KeyPolicy, KeyStatement, PolicyDocument, Statement } from './policy-document.ts';
import { matchesWildcard } from './wildcards.ts';

/** One question to a policy. */
export interface PolicyRequest {
  readonly principal: Principal;
  /** Such as `kms:Decrypt`. */
  readonly action: string;
  /** The ARN of the resource; `*` when the action has none. */
  readonly resource: string;
  readonly conditions: ConditionValues;
}

export interface IdentityVerdict {
  readonly denied: boolean;
  readonly allowed: boolean;
}

export interface KeyPolicyVerdict {
  readonly denied: boolean;
  /** The policy allows the principal itself. */
  readonly allowed: boolean;
  /** The policy allows the principal's account, which leaves the decision to identity-based policies. */
  readonly delegated: boolean;
}

/** Without policies the principal is a full administrator. */
export function judgeIdentity(
  policies: readonly PolicyDocument[] | undefined,
  request: PolicyRequest,
): IdentityVerdict {
  if (policies === undefined) return { denied: false, allowed: true };
  const applying = policies.flatMap((policy) => policy.Statement.filter((one) => applies(one, request)));
  return {
    denied: applying.some((statement) => statement.Effect === 'Deny'),
    allowed: applying.some((statement) => statement.Effect === 'Allow'),
  };
}

export function judgeKeyPolicy(policy: KeyPolicy, request: PolicyRequest): KeyPolicyVerdict {
  const applying = policy.Statement.filter((statement) => applies(statement, request));
  const allowing = applying.filter((statement) => statement.Effect === 'Allow');
  return {
    denied: applying.some(
      (statement) =>
        statement.Effect === 'Deny' &&
        (names(statement, request.principal) || namesAccountOf(statement, request.principal)),
    ),
    allowed: allowing.some((statement) => names(statement, request.principal)),
    delegated: allowing.some((statement) => namesAccountOf(statement, request.principal)),
  };
}

function applies(statement: Statement, { action, resource, conditions }: PolicyRequest): boolean {
  return (
    coversAction(statement, action) &&
    statement.Resource.some((pattern) => matchesWildcard(resource, pattern)) &&
    conditionsHold(statement.Condition ?? {}, conditions)
  );
}

function coversAction(statement: Statement, action: string): boolean {
  const matches = (pattern: string) => matchesWildcard(action.toLowerCase(), pattern.toLowerCase());
  return statement.NotAction === undefined
    ? (statement.Action ?? []).some(matches)
    : !statement.NotAction.some(matches);
}

function names(statement: KeyStatement, principal: Principal): boolean {
  const named = statement.Principal.AWS ?? [];
  return named.some((arn) => arn === '*' || arn === principal.arn || arn === principal.policyArn);
}

function namesAccountOf(statement: KeyStatement, { accountId }: Principal): boolean {
  const named = statement.Principal.AWS ?? [];
  return named.some((arn) => arn === accountId || arn === `arn:aws:iam::${accountId}:root`);
}
