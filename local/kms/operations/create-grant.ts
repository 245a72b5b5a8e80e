import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { accountRoot } from '../authorization/grant-permissions.ts';
import { limitExceeded, validation } from '../errors.ts';
import { newGrantToken } from '../grant-tokens.ts';
import { resolveKey } from '../key-reference.ts';
import { encryptsSymmetrically } from '../key-specs.ts';
import { type Call, type Outcome, operation } from '../operation.ts';
import { type GrantTerms, storedTerms } from '../store/grants.ts';
import type { KmsKey } from '../store/keys.ts';
import { dryRun, grantTokens, keyId, principalArn, servicePrincipal, stringMap, text } from './fields.ts';
import { constraintConditions } from './grant-constraints.ts';
import { checkGrantOperations, GRANT_OPERATIONS } from './grant-operations.ts';

const GRANTS_PER_KEY = 50_000;

const context = stringMap
  .refine((pairs) => Object.keys(pairs).length <= 8, {
    error: 'An encryption context constraint has 8 pairs at most.',
  })
  .refine((pairs) => Object.values(pairs).every((value) => value.length <= 384), {
    error: 'A value of an encryption context constraint has 384 characters at most.',
  });

const createSchema = z.object({
  KeyId: keyId,
  GranteePrincipal: principalArn.optional(),
  RetiringPrincipal: principalArn.optional(),
  GranteeServicePrincipal: servicePrincipal.optional(),
  RetiringServicePrincipal: servicePrincipal.optional(),
  Operations: z.array(z.enum(GRANT_OPERATIONS)).min(1),
  Constraints: z
    .object({
      EncryptionContextSubset: context.optional(),
      EncryptionContextEquals: context.optional(),
      SourceArn: text(20, 512, '^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$').optional(),
    })
    .optional(),
  Name: text(1, 256, '^[a-zA-Z0-9:/_-]+$').optional(),
  GrantTokens: grantTokens,
  DryRun: dryRun,
});

type CreateInput = z.infer<typeof createSchema>;

export const createGrant = operation({
  schema: createSchema,
  readOnly: false,
  conditions: (input) => ({
    'kms:grantoperations': input.Operations,
    'kms:granteeprincipal': present(input.GranteePrincipal),
    'kms:granteeserviceprincipal': present(input.GranteeServicePrincipal),
    'kms:retiringprincipal': present(input.RetiringPrincipal),
    'kms:retiringserviceprincipal': present(input.RetiringServicePrincipal),
    'kms:grantconstraintsourcearn': present(input.Constraints?.SourceArn),
    ...constraintConditions(termsOf(input)),
  }),
  resolve: (kms, input) => {
    const resolved = resolveKey(kms, input.KeyId, 'key');
    const terms = termsOf(input);
    return {
      touches: [{ kind: 'key', ...resolved }],
      aboutGrant: { created: terms },
      effect: (call) => create({ ...call, ...resolved }, terms),
    };
  },
});

function create({ kms, key, principal, now }: Call & { readonly key: KmsKey }, asked: GrantTerms): Outcome {
  checkParties(asked);
  checkGrantOperations(key, asked.operations);
  const { encryptionContextEquals, encryptionContextSubset } = asked.constraints ?? {};
  if ((encryptionContextEquals ?? encryptionContextSubset) && !encryptsSymmetrically(key.spec)) {
    throw validation('Encryption context constraints are for symmetric encryption keys only.');
  }
  const terms = storedTerms({ ...asked, issuingAccount: accountRoot(principal) });
  const same =
    terms.name === undefined
      ? undefined
      : kms.grants.named(key.id, terms.name).find((one) => isDeepStrictEqual(one.terms, terms));
  if (same === undefined && kms.grants.count(key.id) >= GRANTS_PER_KEY) {
    throw limitExceeded(`A key can have ${GRANTS_PER_KEY} grants at most.`);
  }
  const id = same?.id ?? randomBytes(32).toString('hex');
  if (same === undefined) kms.grants.insert({ id, keyId: key.id, createdAt: now, terms });
  return {
    output: { GrantId: id, GrantToken: newGrantToken({ accountId: kms.account.accountId, id }) },
    responseElements: { grantId: id, keyId: key.arn },
  };
}

function checkParties(terms: GrantTerms): void {
  const { granteePrincipal, granteeServicePrincipal, retiringPrincipal, retiringServicePrincipal } = terms;
  if ((granteePrincipal === undefined) === (granteeServicePrincipal === undefined)) {
    throw validation('Specify either GranteePrincipal or GranteeServicePrincipal, but not both.');
  }
  if (retiringPrincipal !== undefined && retiringServicePrincipal !== undefined) {
    throw validation('Specify either RetiringPrincipal or RetiringServicePrincipal, but not both.');
  }
  if (granteeServicePrincipal === undefined) return;
  if (terms.constraints?.sourceArn === undefined) {
    throw validation('A grant with a GranteeServicePrincipal must have a SourceArn constraint.');
  }
  if (retiringPrincipal === undefined && retiringServicePrincipal === undefined) {
    throw validation(
      'A grant with a GranteeServicePrincipal must have a RetiringPrincipal or a RetiringServicePrincipal.',
    );
  }
}

function termsOf(input: CreateInput): GrantTerms {
  const { EncryptionContextSubset, EncryptionContextEquals, SourceArn } = input.Constraints ?? {};
  const constraints = {
    encryptionContextSubset: EncryptionContextSubset,
    encryptionContextEquals: EncryptionContextEquals,
    sourceArn: SourceArn,
  };
  const isConstrained = Object.values(constraints).some((constraint) => constraint !== undefined);
  return {
    operations: input.Operations.toSorted(),
    granteePrincipal: input.GranteePrincipal,
    granteeServicePrincipal: input.GranteeServicePrincipal,
    retiringPrincipal: input.RetiringPrincipal,
    retiringServicePrincipal: input.RetiringServicePrincipal,
    constraints: isConstrained ? constraints : undefined,
    name: input.Name,
  };
}

const present = (value: string | undefined) => (value === undefined ? [] : [value]);
