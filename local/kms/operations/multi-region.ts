import * as z from 'zod';
import { recordedFields } from '../audit/recorded-fields.ts';
import { bypassCondition, checkLockout } from '../authorization/policy-lockout.ts';
import { notFound, ServiceError, unsupported } from '../errors.ts';
import { keyArn, resolveKey } from '../key-reference.ts';
import type { KeyState } from '../key-states.ts';
import type { Kms } from '../kms.ts';
import { type LocatedKey, relatedKeys, replicasOf } from '../multi-region.ts';
import { operation } from '../operation.ts';
import type { KmsKey } from '../store/keys.ts';
import { defaultPolicy } from './default-policy.ts';
import { description, keyId, policy, tags, text } from './fields.ts';
import { keyMetadata, recordedMetadata } from './key-metadata.ts';
import { checkTags, putTags, requestTagConditions, touchesOfCreation } from './tags.ts';

const region = text(1, 32, '^([a-z]+-){2,3}\\d+$');

const replicateSchema = z.object({
  KeyId: keyId,
  ReplicaRegion: region,
  Policy: policy.optional(),
  BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
  Description: description.default(''),
  Tags: tags.default([]),
});

/**
 * Material, spec, usage, origin and automatic rotation are those of the primary key; policy, tags, description, aliases
 * and grants are the replica's own. A replica of a key with imported material waits for the same materials.
 */
export const replicateKey = operation({
  schema: replicateSchema,
  readOnly: false,
  conditions: (input) => ({
    'kms:replicaregion': [input.ReplicaRegion],
    ...bypassCondition(input.BypassPolicyLockoutSafetyCheck),
    ...requestTagConditions(input.Tags),
  }),
  recorded: (input) => recordedFields({ BypassPolicyLockoutSafetyCheck: false, ...input }),
  // AWS KMS counts it as two calls of CreateKey there.
  countsElsewhere: ({ ReplicaRegion: there }) => [{ region: there, operation: 'CreateKey', times: 2 }],
  resolve: (kms, input) => {
    const resolved = resolveKey(kms, input.KeyId, 'key');
    const there = resolved.kms.in({ ...resolved.kms.account, region: input.ReplicaRegion });
    return {
      touches: [
        { kind: 'key', ...resolved, refuseKind: refuseAllButPrimary },
        ...touchesOfCreation(there, resolved.key.id, input.Tags),
      ],
      effect: ({ principal, now }) => {
        checkTags(input.Tags);
        const replica = replicaOf(resolved, there, input, now);
        there.keys.insert(replica);
        copySharedProperties(resolved, there);
        putTags(there, replica, input.Tags);
        checkLockout(there, principal, replica, input.BypassPolicyLockoutSafetyCheck ?? false);
        return {
          output: {
            ReplicaKeyMetadata: keyMetadata(there, replica),
            ReplicaPolicy: replica.policy,
            ReplicaTags: input.Tags,
          },
          responseElements: {
            replicaKeyMetadata: recordedMetadata(there, replica),
            replicaPolicy: replica.policy,
            replicaTags: input.Tags.map((tag) => recordedFields(tag)),
          },
          replica: { kms: there, key: replica },
        };
      },
    };
  },
});

/** The states in which a replica can become the primary key. */
const MOVABLE: ReadonlySet<KeyState> = new Set(['Enabled', 'Disabled', 'Updating']);

/** Both keys are updating for a while, and both must be allowed on; the former primary key is a replica then. */
export const updatePrimaryRegion = operation({
  schema: z.object({ KeyId: keyId, PrimaryRegion: region }),
  readOnly: false,
  conditions: (input) => ({ 'kms:primaryregion': [input.PrimaryRegion] }),
  countsElsewhere: (input) => [{ region: input.PrimaryRegion, operation: 'UpdatePrimaryRegion', times: 1 }],
  resolve: (kms, input) => {
    const former = resolveKey(kms, input.KeyId, 'key');
    const next = replicasOf(relatedKeys(former.kms, former.key)).find(
      (replica) => replica.kms.account.region === input.PrimaryRegion,
    );
    const touch = { kind: 'key', ...former, refuseKind: refuseAllButPrimary } as const;
    return {
      touches: next === undefined ? [touch] : [touch, { kind: 'key', ...next, isBeside: true }],
      effect: ({ now }) => {
        if (next === undefined) {
          const missing = keyArn({ ...kms.account, region: input.PrimaryRegion }, former.key.id);
          throw notFound(`${missing} does not exist: replicate the key there first.`);
        }
        if (!MOVABLE.has(next.key.state)) {
          throw new ServiceError('KMSInvalidStateException', `${next.key.arn} is ${next.key.state}.`);
        }
        move(former, next, now);
        return { newPrimary: next };
      },
    };
  },
});

function move(former: LocatedKey, next: LocatedKey, now: number): void {
  const until = now + former.kms.durations.of('UpdatePrimaryRegion');
  for (const located of [former, next]) {
    const { kms, key } = located;
    kms.keys.setMultiRegionType(key.id, located === former ? 'REPLICA' : 'PRIMARY');
    // One that is updating already comes back to the state from before that.
    if (until > now) kms.keys.settleLater(key.id, 'Updating', until, key.settlesAs ?? key.state);
  }
}

function refuseAllButPrimary(key: KmsKey): void {
  if (key.multiRegionType === 'PRIMARY') return;
  throw unsupported(
    `${key.arn} is ${key.multiRegionType === null ? 'a single-Region key' : 'a replica'}: give a multi-Region primary key.`,
  );
}

/** As it is when ReplicateKey answers. Throws AlreadyExistsException, also while a former replica is pending deletion. */
function replicaOf(
  { key }: LocatedKey,
  there: Kms,
  input: z.infer<typeof replicateSchema>,
  now: number,
): KmsKey {
  const arn = keyArn(there.account, key.id);
  if (there.keys.find(key.id) !== undefined) {
    throw new ServiceError(
      'AlreadyExistsException',
      `${arn} already exists: a multi-Region key has one key in a Region at most.`,
    );
  }
  const state = key.origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled';
  const takes = there.durations.of('ReplicateKey');
  return {
    ...key,
    arn,
    description: input.Description,
    multiRegionType: 'REPLICA',
    createdAt: now,
    policy: input.Policy ?? defaultPolicy(there.account),
    ...(takes === 0 ? { state } : { state: 'Creating', settlesAt: now + takes, settlesAs: state }),
  };
}

function copySharedProperties({ kms, key }: LocatedKey, there: Kms): void {
  const isImported = key.origin === 'EXTERNAL';
  for (const material of kms.materials.list(key.id)) {
    there.materials.insert(key.id, isImported ? { ...material, secret: null, validTo: null } : material);
  }
  const schedule = kms.rotationSchedules.find(key.id);
  if (schedule !== undefined) there.rotationSchedules.put(schedule);
}
