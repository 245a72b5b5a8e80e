import { ServiceError } from '../errors.ts';
import type { Principal } from '../principal.ts';

/** Throws AccessDeniedException: only a service may look for what services were granted. */
export function checkServiceFilter({ kind, arn }: Principal, filter: string): void {
  if (kind === 'AWSService') return;
  throw new ServiceError(
    'AccessDeniedException',
    `User: ${arn} is not authorized to use ${filter}: it is for service principals.`,
  );
}
