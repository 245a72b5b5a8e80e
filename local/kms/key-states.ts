import { ServiceError } from './errors.ts';

/** The key states of AWS KMS. */
export const KEY_STATES = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
] as const;
export type KeyState = (typeof KEY_STATES)[number];

interface Refusal {
  readonly code: 'DisabledException' | 'KMSInvalidStateException';
  /** Follows the key's ARN in the message. */
  readonly text: string;
}

/** The states in which a key refuses the operation; in all others it does not. */
type StateRule = Readonly<Partial<Record<KeyState, Refusal>>>;

const refusal = (code: Refusal['code'], text: string): Refusal => ({ code, text });

const DISABLED = refusal('DisabledException', 'is disabled.');
const NOT_DYING = refusal('KMSInvalidStateException', 'is not pending deletion.');
const DYING = refusal('KMSInvalidStateException', 'is pending deletion (or pending replica deletion).');
const IMPORTING = refusal(
  'KMSInvalidStateException',
  'is pending import because no key material has ever been imported or one of the imported key materials is deleted or expired.',
);
const UNAVAILABLE = refusal('KMSInvalidStateException', 'is unavailable.');
const CREATING = refusal('KMSInvalidStateException', 'is creating.');
const UPDATING = refusal('KMSInvalidStateException', 'is updating.');

const dying = { PendingDeletion: DYING, PendingReplicaDeletion: DYING } as const;

const ANY_STATE: StateRule = {};
const NOT_WHILE_DYING: StateRule = dying;
const DYING_ONLY: StateRule = {
  Enabled: NOT_DYING,
  Disabled: NOT_DYING,
  PendingImport: NOT_DYING,
  Unavailable: NOT_DYING,
  Creating: NOT_DYING,
  Updating: NOT_DYING,
};
/** The use of a key. */
const USABLE: StateRule = {
  ...dying,
  Disabled: DISABLED,
  PendingImport: IMPORTING,
  Unavailable: UNAVAILABLE,
  Creating: CREATING,
};
const USABLE_OR_UNAVAILABLE: StateRule = {
  ...dying,
  Disabled: DISABLED,
  PendingImport: IMPORTING,
  Creating: CREATING,
};
const SETTLED: StateRule = { ...dying, PendingImport: IMPORTING, Creating: CREATING, Updating: UPDATING };
const ROTATABLE: StateRule = { ...dying, Disabled: DISABLED, Creating: CREATING };

/**
 * "Key states of AWS KMS keys" in the KMS Developer Guide, as data: which operation a key in which state
 * refuses. What a kind of key cannot do in any state is refused by the operation itself. Where the guide leaves open
 * which error a key pending deletion gives (DisabledException or KMSInvalidStateException), it is the latter.
 */
export const STATE_RULES = {
  CancelKeyDeletion: DYING_ONLY,
  CreateAlias: NOT_WHILE_DYING,
  CreateGrant: USABLE_OR_UNAVAILABLE,
  Decapsulate: USABLE,
  Decrypt: USABLE,
  DeleteAlias: ANY_STATE,
  DeleteImportedKeyMaterial: { Creating: CREATING, Updating: UPDATING },
  DeriveSharedSecret: USABLE,
  DescribeKey: ANY_STATE,
  DisableKey: SETTLED,
  DisableKeyRotation: ROTATABLE,
  EnableKey: SETTLED,
  EnableKeyRotation: ROTATABLE,
  Encapsulate: USABLE,
  Encrypt: USABLE,
  GenerateDataKey: USABLE,
  GenerateDataKeyPair: USABLE,
  GenerateDataKeyPairWithoutPlaintext: USABLE,
  GenerateDataKeyWithoutPlaintext: USABLE,
  GenerateMac: USABLE,
  GetKeyLastUsage: ANY_STATE,
  GetKeyPolicy: ANY_STATE,
  GetKeyRotationStatus: ANY_STATE,
  GetParametersForImport: { ...dying, Creating: CREATING, Updating: UPDATING },
  GetPublicKey: { ...dying, Creating: CREATING },
  ImportKeyMaterial: { ...dying, Creating: CREATING },
  ListAliases: ANY_STATE,
  ListGrants: ANY_STATE,
  ListKeyPolicies: ANY_STATE,
  ListKeyRotations: ANY_STATE,
  ListResourceTags: ANY_STATE,
  PutKeyPolicy: ANY_STATE,
  ReEncrypt: USABLE,
  ReplicateKey: { ...USABLE_OR_UNAVAILABLE, Updating: UPDATING },
  RetireGrant: ANY_STATE,
  RevokeGrant: ANY_STATE,
  RotateKeyOnDemand: { ...ROTATABLE, PendingImport: IMPORTING },
  ScheduleKeyDeletion: { ...dying, Updating: UPDATING },
  Sign: USABLE,
  TagResource: NOT_WHILE_DYING,
  UntagResource: NOT_WHILE_DYING,
  UpdateAlias: NOT_WHILE_DYING,
  UpdateKeyDescription: NOT_WHILE_DYING,
  UpdatePrimaryRegion: USABLE_OR_UNAVAILABLE,
  Verify: USABLE,
  VerifyMac: USABLE,
} as const satisfies Record<string, StateRule>;

export type KeyOperationName = keyof typeof STATE_RULES;

/** For what a key cannot do before material was ever imported, in whatever state. */
export function pendingImport(key: { arn: string }): ServiceError {
  return new ServiceError(IMPORTING.code, `${key.arn} ${IMPORTING.text}`);
}

/** Throws the error that AWS KMS gives when a key in this state cannot do the operation. */
export function checkState(operation: KeyOperationName, key: { arn: string; state: KeyState }): void {
  const rule: StateRule = STATE_RULES[operation];
  const refused = rule[key.state];
  if (refused !== undefined) throw new ServiceError(refused.code, `${key.arn} ${refused.text}`);
}
