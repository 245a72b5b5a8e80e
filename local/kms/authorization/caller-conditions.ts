import { recordTime } from '../../cloudtrail/record.ts';
import { type Principal, serviceName } from '../principal.ts';
import { principalId } from '../unique-ids.ts';
import type { ConditionValues } from './conditions.ts';

/** The condition keys of who calls, from where and when. */
export function callerConditions(principal: Principal): ConditionValues {
  const now = principal.origin?.time ?? principal.since;
  return {
    ...(principal.kind === 'AWSService' ? serviceConditions(principal) : identityConditions(principal)),
    ...sessionConditions(principal, now),
    ...viaConditions(principal),
    ...originConditions(principal),
    'aws:currenttime': [recordTime(now)],
    'aws:epochtime': [String(Math.floor(now / 1000))],
  };
}

const PRINCIPAL_TYPES = {
  Root: 'Account',
  IAMUser: 'User',
  AssumedRole: 'AssumedRole',
  FederatedUser: 'FederatedUser',
} as const;

function identityConditions(principal: Principal): ConditionValues {
  const { kind, policyArn, accountId, name, tags = {}, organizationId } = principal;
  return {
    'aws:principalarn': [policyArn],
    'aws:principalaccount': [accountId],
    'kms:calleraccount': [accountId],
    'aws:principaltype': kind === 'AWSService' ? [] : [PRINCIPAL_TYPES[kind]],
    'aws:userid': [principalId(principal)],
    'aws:username': kind === 'IAMUser' ? [name] : [],
    'aws:principalorgid': present(organizationId),
    'aws:principalisawsservice': ['false'],
    ...Object.fromEntries(
      Object.entries(tags).map(([key, value]) => [`aws:principaltag/${key.toLowerCase()}`, [value]]),
    ),
  };
}

/** A service that calls by itself is no principal of an account. */
function serviceConditions({ name, accountId, sourceArn }: Principal): ConditionValues {
  return {
    'aws:principalisawsservice': ['true'],
    'aws:principalservicename': [name],
    'aws:principalservicenameslist': [name],
    'aws:sourceaccount': [accountId],
    'aws:sourcearn': present(sourceArn),
  };
}

/** Long-term credentials have none of these; a session that began without a second factor does not speak of one. */
function sessionConditions({ kind, since, mfaAt }: Principal, now: number): ConditionValues {
  return {
    'aws:tokenissuetime': kind === 'AssumedRole' || kind === 'FederatedUser' ? [recordTime(since)] : [],
    'aws:multifactorauthpresent': mfaAt === undefined ? [] : ['true'],
    'aws:multifactorauthage': mfaAt === undefined ? [] : [String(Math.floor((now - mfaAt) / 1000))],
  };
}

function viaConditions({ viaService, sourceArn }: Principal): ConditionValues {
  const service = viaService === undefined ? [] : [serviceName(viaService)];
  return {
    'aws:viaawsservice': [String(viaService !== undefined)],
    'kms:viaservice': present(viaService),
    'aws:calledvia': service,
    'aws:calledviafirst': service,
    'aws:calledvialast': service,
    'aws:sourcearn': present(sourceArn),
  };
}

/** AWS KMS is reached by TLS alone; that this server is not, is no matter for policies. */
function originConditions({ origin }: Principal): ConditionValues {
  return {
    'aws:sourceip': present(origin?.sourceIPAddress),
    'aws:useragent': present(origin?.userAgent),
    'aws:securetransport': ['true'],
  };
}

const present = (value: string | undefined) => (value === undefined ? [] : [value]);
