import { ServiceError } from './errors.ts';

/** The key states that keys of this server can be in. */
export const KEY_STATES = ['Enabled', 'Disabled', 'PendingDeletion'] as const;
export type KeyState = (typeof KEY_STATES)[number];

interface Refusal {
  readonly code: 'DisabledException' | 'KMSInvalidStateException';
  /** Follows the key's ARN in the message. */
  readonly text: string;
}

type StateRule = Readonly<Record<KeyState, 'ok' | Refusal>>;

const DISABLED: Refusal = { code: 'DisabledException', text: 'is disabled.' };
const PENDING_DELETION: Refusal = {
  code: 'KMSInvalidStateException',
  text: 'is pending deletion (or pending replica deletion).',
};
const NOT_PENDING_DELETION: Refusal = {
  code: 'KMSInvalidStateException',
  text: 'is not pending deletion.',
};

const ANY_STATE: StateRule = { Enabled: 'ok', Disabled: 'ok', PendingDeletion: 'ok' };
const NOT_WHILE_DYING: StateRule = { Enabled: 'ok', Disabled: 'ok', PendingDeletion: PENDING_DELETION };
const ENABLED_ONLY: StateRule = { Enabled: 'ok', Disabled: DISABLED, PendingDeletion: PENDING_DELETION };
const DYING_ONLY: StateRule = {
  Enabled: NOT_PENDING_DELETION,
  Disabled: NOT_PENDING_DELETION,
  PendingDeletion: 'ok',
};

/**
 * "Key states of AWS KMS keys" in the KMS Developer Guide, as data: which operation a key in which state
 * accepts. Where the guide leaves open which error a key pending deletion gives (DisabledException or
 * KMSInvalidStateException), it is the latter.
 */
export const STATE_RULES = {
  CancelKeyDeletion: DYING_ONLY,
  CreateAlias: NOT_WHILE_DYING,
  CreateGrant: ENABLED_ONLY,
  Decapsulate: ENABLED_ONLY,
  Decrypt: ENABLED_ONLY,
  DeleteAlias: ANY_STATE,
  DeriveSharedSecret: ENABLED_ONLY,
  DescribeKey: ANY_STATE,
  DisableKey: NOT_WHILE_DYING,
  DisableKeyRotation: ENABLED_ONLY,
  EnableKey: NOT_WHILE_DYING,
  EnableKeyRotation: ENABLED_ONLY,
  Encapsulate: ENABLED_ONLY,
  Encrypt: ENABLED_ONLY,
  GenerateDataKey: ENABLED_ONLY,
  GenerateDataKeyPair: ENABLED_ONLY,
  GenerateDataKeyPairWithoutPlaintext: ENABLED_ONLY,
  GenerateDataKeyWithoutPlaintext: ENABLED_ONLY,
  GenerateMac: ENABLED_ONLY,
  GetKeyLastUsage: ANY_STATE,
  GetKeyPolicy: ANY_STATE,
  GetKeyRotationStatus: ANY_STATE,
  GetPublicKey: NOT_WHILE_DYING,
  ListAliases: ANY_STATE,
  ListGrants: ANY_STATE,
  ListKeyPolicies: ANY_STATE,
  ListKeyRotations: ANY_STATE,
  ListResourceTags: ANY_STATE,
  PutKeyPolicy: ANY_STATE,
  ReEncrypt: ENABLED_ONLY,
  RetireGrant: ANY_STATE,
  RevokeGrant: ANY_STATE,
  RotateKeyOnDemand: ENABLED_ONLY,
  ScheduleKeyDeletion: NOT_WHILE_DYING,
  Sign: ENABLED_ONLY,
  TagResource: NOT_WHILE_DYING,
  UntagResource: NOT_WHILE_DYING,
  UpdateAlias: NOT_WHILE_DYING,
  UpdateKeyDescription: NOT_WHILE_DYING,
  Verify: ENABLED_ONLY,
  VerifyMac: ENABLED_ONLY,
} as const satisfies Record<string, StateRule>;

export type KeyOperationName = keyof typeof STATE_RULES;

/** Throws the error that AWS KMS gives when a key in this state cannot do the operation. */
export function checkState(operation: KeyOperationName, key: { arn: string; state: KeyState }): void {
  const rule: StateRule = STATE_RULES[operation];
  const verdict = rule[key.state];
  if (verdict !== 'ok') throw new ServiceError(verdict.code, `${key.arn} ${verdict.text}`);
}
