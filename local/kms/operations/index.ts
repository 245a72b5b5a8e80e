import type { Operation } from '../operation.ts';
import { createAlias, deleteAlias, listAliases, updateAlias } from './aliases.ts';
import { createGrant } from './create-grant.ts';
import { createKey } from './create-key.ts';
import { generateDataKey } from './data-keys.ts';
import { cancelKeyDeletion, scheduleKeyDeletion } from './deletion.ts';
import { decrypt, encrypt } from './encryption.ts';
import { listGrants, retireGrant, revokeGrant } from './grants.ts';
import { describeKey, disableKey, enableKey, getPublicKey, listKeys, updateKeyDescription } from './keys.ts';
import { getKeyLastUsage } from './last-usage.ts';
import { getKeyPolicy, listKeyPolicies, putKeyPolicy } from './policies.ts';
import { getKeyRotationStatus, listKeyRotations, rotateKeyOnDemand } from './rotation.ts';
import { sign, verify } from './signing.ts';
import { listResourceTags, tagResource, untagResource } from './tags.ts';

/** The operations of AWS KMS that this server has, by their names on the wire. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  CancelKeyDeletion: cancelKeyDeletion,
  CreateAlias: createAlias,
  CreateGrant: createGrant,
  CreateKey: createKey,
  Decrypt: decrypt,
  DeleteAlias: deleteAlias,
  DescribeKey: describeKey,
  DisableKey: disableKey,
  EnableKey: enableKey,
  Encrypt: encrypt,
  GenerateDataKey: generateDataKey,
  GetKeyLastUsage: getKeyLastUsage,
  GetKeyPolicy: getKeyPolicy,
  GetKeyRotationStatus: getKeyRotationStatus,
  GetPublicKey: getPublicKey,
  ListAliases: listAliases,
  ListGrants: listGrants,
  ListKeyPolicies: listKeyPolicies,
  ListKeyRotations: listKeyRotations,
  ListKeys: listKeys,
  ListResourceTags: listResourceTags,
  PutKeyPolicy: putKeyPolicy,
  RetireGrant: retireGrant,
  RevokeGrant: revokeGrant,
  RotateKeyOnDemand: rotateKeyOnDemand,
  ScheduleKeyDeletion: scheduleKeyDeletion,
  Sign: sign,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAlias: updateAlias,
  UpdateKeyDescription: updateKeyDescription,
  Verify: verify,
};
