import { randomUUID } from 'node:crypto';
import type { VirtualClock } from '../clock/virtual-time.ts';
import { ServiceError } from '../kms/errors.ts';
import type { Caller, Principals } from '../kms/principals.ts';
import type { AwsRequest } from '../kms/service.ts';
import { principalId } from '../kms/unique-ids.ts';
import { assumeRole } from './assume-role.ts';
import { errorXml, resultXml, type XmlContent } from './query-protocol.ts';
import type { Roles } from './roles.ts';

interface Parts {
  readonly clock: VirtualClock;
  readonly principals: Principals;
  readonly roles: Roles;
}

export interface XmlReply {
  readonly requestId: string;
  readonly status: number;
  readonly xml: string;
}

/** Answers AssumeRole and GetCallerIdentity of AWS STS. They are not recorded. */
export function answerSts(
  form: URLSearchParams,
  request: Pick<AwsRequest, 'headers' | 'sourceIPAddress'>,
  parts: Parts,
): XmlReply {
  const requestId = randomUUID();
  const action = form.get('Action') ?? '';
  try {
    const result = resultOf(action, form, request, parts);
    return { requestId, status: 200, xml: resultXml(action, result, requestId) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const known = inWordsOfSts(error);
    return { requestId, status: known.status, xml: errorXml(known, requestId) };
  }
}

function resultOf(
  action: string,
  form: URLSearchParams,
  request: Pick<AwsRequest, 'headers' | 'sourceIPAddress'>,
  { clock, principals, roles }: Parts,
): XmlContent {
  const caller = principals.identify(request);
  if (action === 'GetCallerIdentity') return callerIdentity(caller);
  if (action === 'AssumeRole') {
    return assumeRole(form, caller, {
      roles,
      register: (credentials, principal) => principals.addSession(credentials, principal),
      now: clock.now().getTime(),
    });
  }
  throw new ServiceError('InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
}

/** Needs no permission. */
function callerIdentity({ principal }: Caller): XmlContent {
  return { Arn: principal.arn, UserId: principalId(principal), Account: principal.accountId };
}

/** What AWS KMS calls otherwise, by its code there. */
const CODES: Readonly<Record<string, string>> = {
  ExpiredTokenException: 'ExpiredToken',
  IncompleteSignatureException: 'IncompleteSignature',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  UnrecognizedClientException: 'InvalidClientTokenId',
};

function inWordsOfSts({ code, message, status }: ServiceError): ServiceError {
  if (code === 'ValidationException') return new ServiceError('ValidationError', message);
  const renamed = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  return renamed === undefined
    ? new ServiceError(code, message, status)
    : new ServiceError(renamed, message, 403);
}
