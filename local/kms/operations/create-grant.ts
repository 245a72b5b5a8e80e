import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { limitExceeded, unsupported, validation } from '../errors.ts';
import { resolveKey } from '../key-reference.ts';
import { encryptsSymmetrically } from '../key-specs.ts';
import { type Call, type Outcome, operation } from '../operation.ts';
import type { GrantTerms } from '../store/grants.ts';
import type { KmsKey } from '../store/keys.ts';
import { dryRun, grantTokens, keyId, principalArn, servicePrincipal, stringMap, text } from './fields.ts';
import { checkGrantOperations, GRANT_OPERATIONS } from './grant-operations.ts';
import { newGrantToken } from './grant-tokens.ts';

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
    'kms:retiringprincipal': present(input.RetiringPrincipal),
    'kms:grantconstrainttype': Object.keys(input.Constraints ?? {}),
    'kms:grantisforawsresource': ['false'],
  }),
  resolve: (kms, input) => {
    const resolved = resolveKey(kms, input.KeyId, 'key');
    return {
      touches: [{ kind: 'key', ...resolved }],
      aboutGrant: { grantedOperations: input.Operations },
      effect: (call) => create({ ...call, ...resolved }, input),
    };
  },
});

function create({ kms, key, now }: Call & { readonly key: KmsKey }, input: CreateInput): Outcome {
  const terms = termsOf(input);
  checkGrantOperations(key, terms.operations);
  if (terms.constraints !== undefined && !encryptsSymmetrically(key.spec)) {
    throw validation('Encryption context constraints are for symmetric encryption keys only.');
  }
  const grants = kms.grants.ofKey(key.id);
  const same =
    terms.name === undefined ? undefined : grants.find((one) => isDeepStrictEqual(one.terms, terms));
  if (same === undefined && grants.length >= GRANTS_PER_KEY) {
    throw limitExceeded(`A key can have ${GRANTS_PER_KEY} grants at most.`);
  }
  const id = same?.id ?? randomBytes(32).toString('hex');
  if (same === undefined) kms.grants.insert({ id, keyId: key.id, createdAt: now, terms });
  return {
    output: { GrantId: id, GrantToken: newGrantToken(id) },
    responseElements: { grantId: id, keyId: key.arn },
  };
}

function termsOf(input: CreateInput): GrantTerms {
  const { GranteePrincipal, GranteeServicePrincipal, RetiringServicePrincipal, Constraints } = input;
  if (GranteeServicePrincipal ?? RetiringServicePrincipal ?? Constraints?.SourceArn) {
    throw unsupported('The local KMS has no grants for service principals: give GranteePrincipal.');
  }
  if (GranteePrincipal === undefined) throw validation('GranteePrincipal is required.');
  const { EncryptionContextSubset: subset, EncryptionContextEquals: exact } = Constraints ?? {};
  const constraints = {
    ...(subset === undefined ? {} : { encryptionContextSubset: subset }),
    ...(exact === undefined ? {} : { encryptionContextEquals: exact }),
  };
  return {
    granteePrincipal: GranteePrincipal,
    operations: input.Operations.toSorted(),
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
    ...(input.RetiringPrincipal === undefined ? {} : { retiringPrincipal: input.RetiringPrincipal }),
    ...(input.Name === undefined ? {} : { name: input.Name }),
  };
}

const present = (value: string | undefined) => (value === undefined ? [] : [value]);
