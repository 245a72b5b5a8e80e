import * as z from 'zod';
import { recordedFields } from '../audit/recorded-fields.ts';
import { bypassCondition, checkLockout } from '../authorization/policy-lockout.ts';
import { generateMaterial } from '../cryptography/material.ts';
import { requireTwoZones } from '../custom-key-stores/clusters.ts';
import { invalidStoreState, storeNotFound } from '../custom-key-stores/errors.ts';
import { checkExternalKey } from '../custom-key-stores/external-keys.ts';
import { makeHsmMaterial } from '../custom-key-stores/hsm-material.ts';
import { recordedCreation } from '../custom-key-stores/recorded.ts';
import { unsupported, validation } from '../errors.ts';
import { keyArn, newKeyId } from '../key-reference.ts';
import {
  algorithmsFor,
  isImportable,
  isKeySpec,
  isOfCustomKeyStore,
  KEY_USAGES,
  type KeySpec,
  type KeyUsage,
  ORIGINS,
  type Origin,
  specFacts,
  UNSUPPORTED_SPECS,
} from '../key-specs.ts';
import type { Kms } from '../kms.ts';
import { type Call, type Operation, type Outcome, prepared } from '../operation.ts';
import { parseInput } from '../protocol/input.ts';
import type { BackingKey } from '../store/backing-keys.ts';
import type { CustomKeyStore } from '../store/custom-key-stores.ts';
import type { KmsKey } from '../store/keys.ts';
import { xksKeyId } from '../xks/fields.ts';
import { defaultPolicy } from './default-policy.ts';
import { customKeyStoreId, description, KEY_SPEC_NAMES, policy, tags } from './fields.ts';
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
  XksKeyId: xksKeyId.optional(),
  BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
  Tags: tags.default([]),
  MultiRegion: z.boolean().default(false),
});

type Input = z.infer<typeof schema>;

interface Kind {
  readonly origin: Origin;
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
      kind.origin === 'AWS_KMS' || kind.origin === 'EXTERNAL_KEY_STORE'
        ? await generateMaterial(specFacts(kind.spec).material)
        : undefined;
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
      (kms) => ({
        touches: touchesOfCreation(kms, id, input.Tags),
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
    state: kind.origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled',
    createdAt: now,
    deletionAt: null,
    pendingWindowDays: null,
    settlesAt: null,
    settlesAs: null,
    policy: input.Policy ?? defaultPolicy(kms.account),
  };
  const store = isOfCustomKeyStore(kind.origin)
    ? connectedStore(kms, kind.origin, input.CustomKeyStoreId)
    : undefined;
  kms.keys.insert(key);
  if (secret !== undefined) kms.materials.add(id, secret);
  putTags(kms, key, input.Tags);
  checkLockout(kms, principal, key, input.BypassPolicyLockoutSafetyCheck ?? false);
  const backing = store && backingKeyIn(kms, store, key, input.XksKeyId);
  if (backing !== undefined) kms.backingKeys.put(id, backing);
  const additionalEventData = backing && recordedCreation(key, backing);
  return {
    output: { KeyMetadata: keyMetadata(kms, key) },
    responseElements: { keyMetadata: recordedMetadata(kms, key) },
    createdKey: key,
    ...(additionalEventData === undefined ? {} : { additionalEventData }),
  };
}

/** Throws unless keys can be made in the custom key store now. */
function connectedStore(kms: Kms, origin: Origin, id: string | undefined): CustomKeyStore {
  if (id === undefined) throw validation(`CustomKeyStoreId is required for Origin ${origin}.`);
  const store = kms.customKeyStores.find(id);
  if (store === undefined) throw storeNotFound(id);
  const { access } = store;
  if (access.type !== origin) throw validation(`The custom key store ${id} is not for Origin ${origin}.`);
  if (store.connectionState !== 'CONNECTED') {
    throw invalidStoreState(`The custom key store ${id} is ${store.connectionState}: it must be CONNECTED.`);
  }
  if (access.type === 'AWS_CLOUDHSM') requireTwoZones(kms, access.clusterId);
  return store;
}

/** The key in the custom key store that the new KMS key stands for: made there in HSMs, or an external key that is there. */
function backingKeyIn(
  kms: Kms,
  { id: customKeyStoreId, access }: CustomKeyStore,
  key: KmsKey,
  xksKeyId = '',
): BackingKey {
  if (access.type === 'AWS_CLOUDHSM') {
    return { customKeyStoreId, backingKeyId: makeHsmMaterial(kms, access.clusterId, key.arn) };
  }
  const backing = { customKeyStoreId, backingKeyId: xksKeyId };
  checkExternalKey(kms, access, backing);
  return backing;
}

/** Refuses what this server does not have by its name, and what AWS KMS does not combine. */
function supportedKind(input: Input): Kind {
  if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined) {
    throw validation(
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    );
  }
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  const { Origin: origin } = input;
  if (!isKeySpec(spec)) throw unsupported(`The local KMS has no KeySpec ${spec}.`);
  if (origin === 'EXTERNAL' && !isImportable(spec)) {
    throw unsupported(`AWS KMS imports no key material of KeySpec ${spec}.`);
  }
  if (origin === 'EXTERNAL_KEY_STORE' && input.XksKeyId === undefined) {
    throw validation('XksKeyId is required for Origin EXTERNAL_KEY_STORE.');
  }
  if (origin !== 'EXTERNAL_KEY_STORE' && input.XksKeyId !== undefined) {
    throw validation('XksKeyId is for Origin EXTERNAL_KEY_STORE only.');
  }
  if (!isOfCustomKeyStore(origin) && input.CustomKeyStoreId !== undefined) {
    throw validation(`CustomKeyStoreId is not for Origin ${origin}.`);
  }
  if (isOfCustomKeyStore(origin) && (spec !== 'SYMMETRIC_DEFAULT' || input.MultiRegion)) {
    throw unsupported('A custom key store has single-Region symmetric encryption keys only.');
  }
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
