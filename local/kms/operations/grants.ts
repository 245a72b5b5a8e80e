import * as z from 'zod';
import { notFound, ServiceError, validation } from '../errors.ts';
import { grantOfToken } from '../grant-tokens.ts';
import { existingKey, resolveKey } from '../key-reference.ts';
import type { Kms } from '../kms.ts';
import { keyOperation, operation } from '../operation.ts';
import { pageOf } from '../protocol/pagination.ts';
import type { Grant } from '../store/grants.ts';
import { dryRun, keyId, pagination, principalArn, servicePrincipal, text } from './fields.ts';
import { constraintConditions } from './grant-constraints.ts';
import { checkServiceFilter } from './grant-filters.ts';
import { grantListEntry } from './grant-list-entry.ts';

const grantId = text(1, 128);

export const listGrants = keyOperation({
  schema: z.object({
    KeyId: keyId,
    GrantId: grantId.optional(),
    GranteePrincipal: principalArn.optional(),
    GranteeServicePrincipal: servicePrincipal.optional(),
    ...pagination(50, 100),
  }),
  readOnly: true,
  handle: ({ kms, principal, key }, input) => {
    const { GrantId: id, GranteePrincipal: grantee, GranteeServicePrincipal: service } = input;
    if (grantee !== undefined && service !== undefined) {
      throw validation('Specify either GranteePrincipal or GranteeServicePrincipal, but not both.');
    }
    if (service !== undefined) checkServiceFilter(principal, 'GranteeServicePrincipal');
    if (id !== undefined) checkGrantId(id);
    const grants = kms.grants
      .ofKey(key.id)
      .filter((grant) => id === undefined || grant.id === id)
      .filter(({ terms }) => grantee === undefined || terms.granteePrincipal === grantee)
      .filter(({ terms }) => service === undefined || terms.granteeServicePrincipal === service);
    const { items, position } = pageOf(grants, (grant) => grant.id, input);
    return { output: { Grants: items.map((grant) => grantListEntry(key, grant)), ...position } };
  },
});

export const revokeGrant = keyOperation({
  schema: z.object({ KeyId: keyId, GrantId: grantId, DryRun: dryRun }),
  readOnly: false,
  handle: ({ kms, key }, input) => {
    kms.grants.delete(existingGrant(kms, input.GrantId, key.id).id);
    return {};
  },
});

const retireSchema = z.object({
  GrantToken: text(1, 8192).optional(),
  KeyId: keyId.optional(),
  GrantId: grantId.optional(),
  DryRun: dryRun,
});

export const retireGrant = operation({
  schema: retireSchema,
  readOnly: false,
  recorded: () => null,
  resolve: (kms, input) => {
    const { owner, grant } = retiredGrant(kms, input);
    const key = existingKey(owner, grant.keyId);
    return {
      touches: [
        {
          kind: 'key',
          kms: owner,
          key,
          part: { name: 'RetireGrant', encryptionContext: {}, conditions: constraintConditions(grant.terms) },
        },
      ],
      aboutGrant: { retired: grant },
      effect: () => {
        owner.grants.delete(grant.id);
        return { additionalEventData: { grantId: grant.id } };
      },
    };
  },
});

/** Named by its token, before it is seen too, or by its key and its id; `owner` is of the account of the key. */
function retiredGrant(
  kms: Kms,
  { GrantToken, KeyId, GrantId }: z.infer<typeof retireSchema>,
): { readonly owner: Kms; readonly grant: Grant } {
  if ((GrantToken === undefined) === (KeyId === undefined || GrantId === undefined)) {
    throw validation('Specify either GrantToken, or KeyId and GrantId.');
  }
  if (GrantToken === undefined) {
    const { kms: owner, key } = resolveKey(kms, KeyId ?? '', 'key');
    return { owner, grant: existingGrant(owner, GrantId ?? '', key.id) };
  }
  const { accountId, id } = grantOfToken(GrantToken);
  const owner = kms.in({ accountId, region: kms.account.region });
  const grant = owner.grants.ofToken(id);
  if (grant === undefined) throw notFound(`Grant ID ${id} not found`);
  return { owner, grant };
}

function existingGrant(kms: Kms, id: string, ofKey: string): Grant {
  checkGrantId(id);
  const grant = kms.grants.find(id);
  if (grant?.keyId !== ofKey) throw notFound(`Grant ID ${id} not found`);
  return grant;
}

function checkGrantId(id: string): void {
  if (!/^[0-9a-f]{64}$/.test(id))
    throw new ServiceError('InvalidGrantIdException', `Invalid grant ID: ${id}`);
}
