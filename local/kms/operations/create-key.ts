import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { generateMaterial } from '../cryptography/material.ts';
import { unsupported, validation } from '../errors.ts';
import { parseInput } from '../input.ts';
import { keyArn } from '../key-reference.ts';
import {
  algorithmsFor,
  isKeySpec,
  KEY_USAGES,
  type KeySpec,
  type KeyUsage,
  specFacts,
  UNSUPPORTED_SPECS,
} from '../key-specs.ts';
import type { Kms } from '../kms.ts';
import { type Call, type Operation, type Outcome, prepared, type Touch } from '../operation.ts';
import { checkLockout } from '../policy-lockout.ts';
import { recordedFields } from '../recorded-fields.ts';
import type { KmsKey } from '../store/keys.ts';
import { customKeyStoreId, description, KEY_SPEC_NAMES, policy, tags, text } from './fields.ts';
import { keyMetadata, recordedMetadata } from './key-metadata.ts';
import { checkTags, requestTagConditions } from './tags.ts';

const keySpec = z.enum([...KEY_SPEC_NAMES, ...UNSUPPORTED_SPECS]);

const schema = z.object({
  Policy: policy.optional(),
  Description: description.default(''),
  KeyUsage: z.enum(KEY_USAGES).optional(),
  KeySpec: keySpec.optional(),
  /** The old name of KeySpec. */
  CustomerMasterKeySpec: keySpec.optional(),
  Origin: z.enum(['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']).default('AWS_KMS'),
  CustomKeyStoreId: customKeyStoreId.optional(),
  XksKeyId: text(1, 128, '^[a-zA-Z0-9-_.]+$').optional(),
  BypassPolicyLockoutSafetyCheck: z.boolean().default(false),
  Tags: tags.default([]),
  MultiRegion: z.boolean().default(false),
});

type Input = z.infer<typeof schema>;

interface Kind {
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
    const secret = await generateMaterial(specFacts(kind.spec).material);
    const id = randomUUID();
    return prepared(
      {
        conditions: () => ({
          'kms:keyspec': [kind.spec],
          'kms:keyusage': [kind.usage],
          'kms:keyorigin': ['AWS_KMS'],
          'kms:multiregion': ['false'],
          'kms:bypasspolicylockoutsafetycheck': [String(input.BypassPolicyLockoutSafetyCheck)],
          ...requestTagConditions(input.Tags),
        }),
        recorded: () =>
          recordedFields({
            ...input,
            KeySpec: kind.spec,
            CustomerMasterKeySpec: kind.spec,
            KeyUsage: kind.usage,
          }),
      },
      input,
      ({ account }) => ({
        touches: touched(input, keyArn(account, id)),
        effect: (call) => create(call, id, input, kind, secret),
      }),
    );
  },
};

/** Making a key asks IAM about no resource, tagging it about the key that is being made. */
function touched({ Tags: tags }: Input, arn: string): Touch[] {
  const making: Touch = { kind: 'account' };
  return tags.length === 0
    ? [making]
    : [making, { kind: 'account', action: 'kms:TagResource', resource: arn }];
}

function create(
  { kms, principal, now }: Call,
  id: string,
  input: Input,
  kind: Kind,
  secret: Buffer,
): Outcome {
  const key: KmsKey = {
    id,
    arn: keyArn(kms.account, id),
    description: input.Description,
    ...kind,
    state: 'Enabled',
    createdAt: now,
    deletionAt: null,
    policy: input.Policy ?? defaultPolicy(kms),
  };
  kms.keys.insert(key);
  kms.materials.add(id, secret);
  for (const { TagKey, TagValue } of input.Tags) kms.tags.put(id, { tagKey: TagKey, tagValue: TagValue });
  checkLockout(kms, principal, key, input.BypassPolicyLockoutSafetyCheck);
  return {
    output: { KeyMetadata: keyMetadata(kms, key) },
    responseElements: recordedMetadata(kms, key),
    createdKey: key,
  };
}

/** Refuses what this server does not have by its name, and what AWS KMS does not combine. */
function supportedKind(input: Input): Kind {
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  const missing = [
    isKeySpec(spec) ? undefined : `KeySpec ${spec}`,
    input.Origin === 'AWS_KMS' ? undefined : `Origin ${input.Origin}`,
    input.MultiRegion ? 'MultiRegion true' : undefined,
    input.CustomKeyStoreId === undefined ? undefined : 'CustomKeyStoreId',
    input.XksKeyId === undefined ? undefined : 'XksKeyId',
  ].find((what) => what !== undefined);
  if (missing !== undefined || !isKeySpec(spec)) {
    throw unsupported(`The local KMS has no ${missing}: it makes single-Region keys of its own.`);
  }
  return { spec, usage: validUsage(spec, input.KeyUsage) };
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

/** The policy of a key that is made without one: the account's IAM policies decide. */
function defaultPolicy({ account }: Kms): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account.accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
}
