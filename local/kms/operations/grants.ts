import * as z from 'zod';
import { notFound } from '../errors.ts';
import { existingKey, resolveKey } from '../key-reference.ts';
import type { Kms } from '../kms.ts';
import { keyOperation, operation } from '../operation.ts';
import { pageOf } from '../pagination.ts';
import type { Grant } from '../store/grants.ts';
import type { KmsKey } from '../store/keys.ts';
import { dryRun, keyId, pagination, principalArn, servicePrincipal, text } from './fields.ts';
import { grantIdOf } from './grant-tokens.ts';
import { epochSeconds } from './key-metadata.ts';

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
  handle: ({ kms, key }, input) => {
    const grants = kms.grants
      .ofKey(key.id)
      .filter((grant) => input.GrantId === undefined || grant.id === input.GrantId)
      // No service of AWS is a grantee here.
      .filter(() => input.GranteeServicePrincipal === undefined)
      .filter(
        ({ terms }) =>
          input.GranteePrincipal === undefined || terms.granteePrincipal === input.GranteePrincipal,
      );
    const { items, position } = pageOf(grants, (grant) => grant.id, input);
    return { output: { Grants: items.map((grant) => listEntry(kms, key, grant)), ...position } };
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

const retireSchema = z
  .object({
    GrantToken: text(1, 8192).optional(),
    KeyId: keyId.optional(),
    GrantId: grantId.optional(),
    DryRun: dryRun,
  })
  .refine(
    ({ GrantToken, KeyId, GrantId }) =>
      (GrantToken === undefined) === (KeyId !== undefined && GrantId !== undefined),
    { error: 'Give GrantToken, or KeyId and GrantId.' },
  );

export const retireGrant = operation({
  schema: retireSchema,
  readOnly: false,
  recorded: () => null,
  resolve: (kms, input) => {
    const id = input.GrantToken === undefined ? (input.GrantId ?? '') : grantIdOf(input.GrantToken);
    const named = input.KeyId === undefined ? undefined : resolveKey(kms, input.KeyId, 'key');
    const owner = named?.kms ?? kms;
    const grant = existingGrant(owner, id, named?.key.id);
    const key = existingKey(owner, grant.keyId);
    return {
      touches: [{ kind: 'key', kms: owner, key }],
      aboutGrant: { retiredGrantId: grant.id },
      effect: () => {
        owner.grants.delete(grant.id);
        return { additionalEventData: { grantId: grant.id } };
      },
    };
  },
});

function listEntry(kms: Kms, key: KmsKey, { id, createdAt, terms }: Grant) {
  const { encryptionContextSubset, encryptionContextEquals } = terms.constraints ?? {};
  return {
    KeyId: key.arn,
    GrantId: id,
    Name: terms.name ?? '',
    CreationDate: epochSeconds(createdAt),
    GranteePrincipal: terms.granteePrincipal,
    RetiringPrincipal: terms.retiringPrincipal,
    IssuingAccount: `arn:aws:iam::${kms.account.accountId}:root`,
    Operations: terms.operations,
    ...(terms.constraints === undefined
      ? {}
      : {
          Constraints: {
            EncryptionContextSubset: encryptionContextSubset,
            EncryptionContextEquals: encryptionContextEquals,
          },
        }),
  };
}

function existingGrant(kms: Kms, id: string, ofKey: string | undefined): Grant {
  const grant = kms.grants.find(id);
  if (grant === undefined || (ofKey !== undefined && grant.keyId !== ofKey)) {
    throw notFound(`Grant ID ${id} not found`);
  }
  return grant;
}
