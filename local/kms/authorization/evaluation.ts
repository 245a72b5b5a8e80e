import type { Principal } from '../principal.ts';
import { type ConditionValues, conditionsHold } from './conditions.ts';
import type { KeyPolicy, KeyStatement, Principals } from './key-policy.ts';
import type { PolicyDocument, Statement } from './policy-document.ts';
import { fillIn, type Variables } from './policy-variables.ts';
import { matchesResource, matchesWildcard } from './wildcards.ts';

/** One question to a policy. */
export interface PolicyRequest {
  readonly principal: Principal;
  /** Such as `kms:Decrypt`. */
  readonly action: string;
  /** The ARN of the resource; `*` when the action has none. */
  readonly resource: string;
  readonly conditions: ConditionValues;
}

export interface Verdict {
  readonly denied: boolean;
  readonly allowed: boolean;
}

export interface KeyPolicyVerdict {
  readonly denied: boolean;
  /** The policy allows the caller itself: a user, a session, a service, or everybody. */
  readonly allowed: boolean;
  /** The policy allows the role of the caller, within what limits its session. */
  readonly allowedRole: boolean;
  /** The policy allows the principal's account, which leaves the decision to identity-based policies. */
  readonly delegated: boolean;
}

/** What the policies of one kind, of a principal, say together. */
export function judgePolicies(policies: readonly PolicyDocument[], request: PolicyRequest): Verdict {
  const applying = policies.flatMap((policy) =>
    policy.Statement.filter((statement) => applies(statement, request, variablesOf(policy, request))),
  );
  return {
    denied: applying.some(({ Effect }) => Effect === 'Deny'),
    allowed: applying.some(({ Effect }) => Effect === 'Allow'),
  };
}

export function judgeKeyPolicy(policy: KeyPolicy, request: PolicyRequest): KeyPolicyVerdict {
  const variables = variablesOf(policy, request);
  const applying = policy.Statement.filter((statement) => applies(statement, request, variables));
  const { principal } = request;
  const allows = (names: (principals: Principals, principal: Principal) => boolean) =>
    applying.some(
      ({ Effect, Principal }) => Effect === 'Allow' && Principal !== undefined && names(Principal, principal),
    );
  return {
    denied: applying.some((statement) => statement.Effect === 'Deny' && denies(statement, principal)),
    allowed: allows(namesCaller),
    allowedRole: allows(namesRole),
    delegated: allows(namesAccount),
  };
}

function variablesOf({ Version }: PolicyDocument | KeyPolicy, { conditions }: PolicyRequest): Variables {
  return { supported: Version === '2012-10-17', values: conditions };
}

function applies(
  statement: Statement | KeyStatement,
  { action, resource }: PolicyRequest,
  variables: Variables,
): boolean {
  return (
    covers(statement.Action, statement.NotAction, (pattern) =>
      matchesWildcard(action.toLowerCase(), pattern.toLowerCase()),
    ) &&
    covers(statement.Resource, statement.NotResource, (pattern) => {
      const filled = fillIn(pattern, variables);
      return filled !== undefined && matchesResource(resource, filled);
    }) &&
    conditionsHold(statement.Condition ?? {}, variables)
  );
}

function covers(
  patterns: readonly string[] | undefined,
  exceptions: readonly string[] | undefined,
  matches: (pattern: string) => boolean,
): boolean {
  return exceptions === undefined ? (patterns ?? []).some(matches) : !exceptions.some(matches);
}

function denies({ Principal, NotPrincipal }: KeyStatement, principal: Principal): boolean {
  if (NotPrincipal !== undefined) return !exempts(NotPrincipal, principal);
  return (
    Principal !== undefined &&
    [namesCaller, namesRole, namesAccount].some((names) => names(Principal, principal))
  );
}

/**
 * Whom NotPrincipal leaves alone: AWS looks at the account, the role and the session in turn, and each must be named.
 * Nobody with a permissions boundary is left alone.
 */
function exempts(principals: Principals, principal: Principal): boolean {
  if (principal.permissionsBoundary !== undefined) return false;
  return principal.kind === 'AWSService'
    ? namesCaller(principals, principal)
    : namesAccount(principals, principal) &&
        (principal.kind === 'Root' || namesCaller(principals, principal)) &&
        (principal.kind !== 'AssumedRole' || namesRole(principals, principal));
}

function namesCaller({ AWS = [], Service = [] }: Principals, { kind, arn }: Principal): boolean {
  return AWS.includes('*') || (kind === 'AWSService' ? Service : AWS).includes(arn);
}

function namesRole({ AWS = [] }: Principals, { kind, policyArn }: Principal): boolean {
  return kind === 'AssumedRole' && AWS.includes(policyArn);
}

function namesAccount({ AWS = [] }: Principals, { kind, accountId }: Principal): boolean {
  if (kind === 'AWSService') return false;
  return AWS.some((arn) => arn === accountId || arn === `arn:aws:iam::${accountId}:root`);
}
