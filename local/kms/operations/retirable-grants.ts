import * as z from 'zod';
import { ServiceError, validation } from '../errors.ts';
import type { Kms } from '../kms.ts';
import { operation } from '../operation.ts';
import type { Principal } from '../principal.ts';
import { pageOf } from '../protocol/pagination.ts';
import type { Grant } from '../store/grants.ts';
import type { KmsKey } from '../store/keys.ts';
import { pagination, principalArn, servicePrincipal } from './fields.ts';
import { checkServiceFilter } from './grant-filters.ts';
import { grantListEntry } from './grant-list-entry.ts';

/**
 * The grants of a Region, on keys of any account, that name the principal as the one who retires them. IAM is asked about
 * the principal; who may see the keys and their grants does not matter.
 */
export const listRetirableGrants = operation({
  schema: z.object({
    RetiringPrincipal: principalArn.optional(),
    RetiringServicePrincipal: servicePrincipal.optional(),
    ...pagination(50, 100),
  }),
  readOnly: true,
  resolve: (kms, input) => {
    const { RetiringPrincipal: arn, RetiringServicePrincipal: service } = input;
    const retiring = arn ?? service;
    if (retiring === undefined || (arn !== undefined && service !== undefined)) {
      throw validation('Specify either RetiringPrincipal or RetiringServicePrincipal, but not both.');
    }
    return {
      touches: service === undefined ? [{ kind: 'account', resource: retiring }] : [],
      effect: ({ principal }) => {
        if (service === undefined) checkIsOfAccount(principal, retiring);
        else checkServiceFilter(principal, 'RetiringServicePrincipal');
        const { items, position } = pageOf(retirable(kms, retiring), ({ grant }) => grant.id, input);
        return {
          output: { Grants: items.map(({ key, grant }) => grantListEntry(key, grant)), ...position },
        };
      },
    };
  },
});

function retirable(kms: Kms, retiring: string): { readonly key: KmsKey; readonly grant: Grant }[] {
  return kms.grants.retirableBy(retiring).flatMap(({ accountId, keyId }) => {
    const owner = kms.in({ ...kms.account, accountId });
    const key = owner.keys.find(keyId);
    if (key === undefined) return [];
    return owner.grants
      .ofKey(keyId)
      .filter(({ terms }) => [terms.retiringPrincipal, terms.retiringServicePrincipal].includes(retiring))
      .map((grant) => ({ key, grant }));
  });
}

function checkIsOfAccount({ arn, accountId }: Principal, retiring: string): void {
  if (retiring.split(':')[4] === accountId) return;
  throw new ServiceError(
    'AccessDeniedException',
    `User: ${arn} is not authorized to perform: kms:ListRetirableGrants on resource: ${retiring} ` +
      'because no resource-based policy allows the kms:ListRetirableGrants action',
  );
}
