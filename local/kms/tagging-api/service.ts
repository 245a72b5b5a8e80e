import { randomUUID } from 'node:crypto';
import { authorizeByIdentity } from '../authorization/authorize.ts';
import { requestConditions } from '../authorization/request-conditions.ts';
import { ServiceError, unsupported } from '../errors.ts';
import type { Consistency } from '../imperfections/consistency.ts';
import type { Principals } from '../principals.ts';
import type { AwsReply, AwsRequest } from '../service.ts';
import { getResources } from './get-resources.ts';

/** Answers the one call of the Resource Groups Tagging API that finds keys. CloudTrail records are of KMS only. */
export function answerTaggingApi(
  operation: string,
  request: AwsRequest,
  { consistency, principals }: { consistency: Consistency; principals: Principals },
): AwsReply {
  const requestId = randomUUID();
  try {
    const { account, principal } = principals.identify(request);
    if (operation !== 'GetResources')
      throw unsupported(`The local tagging API has no operation ${operation}.`);
    authorizeByIdentity({
      principal,
      action: 'tag:GetResources',
      resource: '*',
      conditions: requestConditions(account, principal),
    });
    const kms = consistency.seenInIndex(principal)(account);
    return { requestId, result: { output: getResources(kms, request.body()) } };
  } catch (error) {
    if (error instanceof ServiceError) return { requestId, result: error };
    throw error;
  }
}
