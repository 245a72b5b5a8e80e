import * as z from 'zod';
import { generateMaterial } from '../cryptography/material.ts';
import { unsupported, validation } from '../errors.ts';
import { parseInput } from '../input.ts';
import { keyArn, newKeyId } from '../key-reference.ts';
import {
  algorithmsFor,
  isImportable,
  isKeySpec,
  KEY_USAGES,
  type KeySpec,
  type KeyUsage,
  ORIGINS,
  type Origin,
  specFacts,
  UNSUPPORTED_SPECS,
} from '../key-specs.ts';
import { type Call, type Operation, type Outcome, prepared } from '../operation.ts';
import { bypassCondition, checkLockout } from '../policy-lockout.ts';
import { recordedFields } from '../recorded-fields.ts';
import type { KmsKey } from '../store/keys.ts';
import { defaultPolicy } from './default-policy.ts';
import { customKeyStoreId, description, KEY_SPEC_NAMES, policy, tags, text } from './fields.ts';
import { keyMetadata, recordedMetadata } from './key-metadata.ts';
import { checkTags, putTags, requestTagConditions, touchesOfCreation } from './tags.ts';

const keySpec = z.enum([...KEY_SPEC_NAMES, ...UNSUPPORTED_SPECS]);

const schema = z.object({
  Policy: policy.optional(),
  Description: description.default(''),
  KeyUsage: z.enum(KEY_USAGES).optional(),
  KeySpec: keySpec.optional(),
  /** The old name of KeySpec. */
  CustomerMasterKeySpec: keySpec.optional(),
  Origin: z.enum(ORIGINS).default('AWS_KMS'),
  CustomKeyStoreId: customKeyStoreId.optional(),
  XksKeyId: text(1, 128, '^[a-zA-Z0-9-_.]+$').optional(),
  BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
  Tags: tags.default([]),
  MultiRegion: z.boolean().default(false),
});

type Input = z.infer<typeof schema>;

interface Kind {
  readonly origin: Extract<Origin, 'AWS_KMS' | 'EXTERNAL'>;
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
}

/** Key material is made before the atomic effect: for RSA it takes seconds, in which others are served. */
export const createKey: Operation = {
  readOnly: false,
  prepare: async (body) => {
    const input = parseInput(schema, body);
    const kind = supportedKind(input);
    checkTags(input.Tags);
    const secret =
      kind.origin === 'AWS_KMS' ? await generateMaterial(specFacts(kind.spec).material) : undefined;
    const id = newKeyId({ multiRegion: input.MultiRegion });
    return prepared(
      {
        conditions: () => ({
          'kms:keyspec': [kind.spec],
          'kms:customermasterkeyspec': [kind.spec],
          'kms:keyusage': [kind.usage],
          'kms:customermasterkeyusage': [kind.usage],
          'kms:keyorigin': [kind.origin],
          'kms:multiregion': [String(input.MultiRegion)],
          ...(input.MultiRegion ? { 'kms:multiregionkeytype': ['PRIMARY'] } : {}),
          ...bypassCondition(input.BypassPolicyLockoutSafetyCheck),
          ...requestTagConditions(input.Tags),
        }),
        recorded: () =>
          recordedFields({
            BypassPolicyLockoutSafetyCheck: false,
            ...input,
            KeySpec: kind.spec,
            CustomerMasterKeySpec: kind.spec,
            KeyUsage: kind.usage,
          }),
      },
      input,
      ({ account }) => ({
        touches: touchesOfCreation(keyArn(account, id), input.Tags),
        effect: (call) => create(call, id, input, kind, secret),
      }),
    );
  },
};

function create(
  { kms, principal, now }: Call,
  id: string,
  input: Input,
  kind: Kind,
  secret: Buffer | undefined,
): Outcome {
  const key: KmsKey = {
    id,
    arn: keyArn(kms.account, id),
    description: input.Description,
    ...kind,
    multiRegionType: input.MultiRegion ? 'PRIMARY' : null,
    state: secret === undefined ? 'PendingImport' : 'Enabled',
    createdAt: now,
    deletionAt: null,
    pendingWindowDays: null,
    settlesAt: null,
    settlesAs: null,
    policy: input.Policy ?? defaultPolicy(kms.account),
  };
  kms.keys.insert(key);
  if (secret !== undefined) kms.materials.add(id, secret);
  putTags(kms, key, input.Tags);
  checkLockout(kms, principal, key, input.BypassPolicyLockoutSafetyCheck ?? false);
  return {
    output: { KeyMetadata: keyMetadata(kms, key) },
    responseElements: { keyMetadata: recordedMetadata(kms, key) },
    createdKey: key,
  };
}

/** Refuses what this server does not have by its name, and what AWS KMS does not combine. */
function supportedKind(input: Input): Kind {
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  const { Origin: origin } = input;
  if (!isKeySpec(spec)) throw unsupported(`The local KMS has no KeySpec ${spec}.`);
  if (origin === 'EXTERNAL' && !isImportable(spec)) {
    throw unsupported(`AWS KMS imports no key material of KeySpec ${spec}.`);
  }
  if (origin !== 'AWS_KMS' && origin !== 'EXTERNAL')
    throw unsupported(`The local KMS has no Origin ${origin}.`);
  const extra = input.CustomKeyStoreId === undefined ? input.XksKeyId : input.CustomKeyStoreId;
  if (extra !== undefined) throw unsupported(`The local KMS has no custom key stores: it knows no ${extra}.`);
  return { spec, usage: validUsage(spec, input.KeyUsage), origin };
}

function validUsage(spec: KeySpec, asked: Input['KeyUsage']): KeyUsage {
  if (asked === undefined) {
    if (spec === 'SYMMETRIC_DEFAULT') return 'ENCRYPT_DECRYPT';
    throw validation(
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    );
  }
  const usage = KEY_USAGES.find((one) => one === asked);
  if (usage !== undefined && algorithmsFor(spec, usage).length > 0) return usage;
  throw validation(`KeyUsage ${asked} is not compatible with KeySpec ${spec}`);
}
