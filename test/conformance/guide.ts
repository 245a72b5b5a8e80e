/**
 * What AWS says of key states, as data: the table of "Key states of AWS KMS keys" in the AWS KMS Developer Guide as it is
 * printed there (2026), and "Rotate AWS KMS keys" and the API reference for what kinds of keys cannot do in any state.
 * Nothing here is read from the local KMS.
 */

export const STATES = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
] as const;

export type State = (typeof STATES)[number];

/** The guide has one column for both kinds of keys that are to be deleted. */
const COLUMNS: Readonly<Record<State, number>> = {
  Enabled: 0,
  Disabled: 1,
  PendingDeletion: 2,
  PendingReplicaDeletion: 2,
  PendingImport: 3,
  Unavailable: 4,
  Creating: 5,
  Updating: 6,
};

export interface Refusal {
  readonly code: string;
  /** Follows the key's ARN in the message; left out where AWS documents the code alone. */
  readonly text?: string;
}

/** By the number of the footnote. */
const FOOTNOTES: Readonly<Record<number, Refusal>> = {
  1: { code: 'DisabledException', text: 'is disabled.' },
  2: { code: 'DisabledException', text: 'is pending deletion.' },
  3: { code: 'KMSInvalidStateException', text: 'is pending deletion (or pending replica deletion).' },
  4: { code: 'KMSInvalidStateException', text: 'is not pending deletion.' },
  5: {
    code: 'KMSInvalidStateException',
    text:
      'is pending import because no key material has ever been imported or one of the imported key materials is ' +
      'deleted or expired.',
  },
  6: { code: 'UnsupportedOperationException' },
  7: { code: 'UnsupportedOperationException' },
  8: { code: 'KMSInvalidStateException' },
  9: { code: 'UnsupportedOperationException' },
  10: { code: 'KMSInvalidStateException', text: 'is pending deletion (or pending replica deletion).' },
  11: { code: 'KMSInvalidStateException', text: 'is unavailable.' },
  14: { code: 'KMSInvalidStateException', text: 'is creating.' },
  15: { code: 'KMSInvalidStateException', text: 'is updating.' },
};

/** `Y` works, `X1/7` is refused as one of the footnotes says, `?7` is refused where the footnote applies, `-` cannot be. */
type Printed = readonly [string, string, string, string, string, string, string];

export interface GuideRow {
  /** As the row is called in the guide, or why it is not there. */
  readonly name: string;
  readonly operations: readonly string[];
  readonly cells: Printed;
}

const CRYPTOGRAPHIC: Printed = ['Y', 'X1', 'X2/3', 'X5', 'X11', 'X14', 'Y'];
const ALWAYS: Printed = ['Y', 'Y', 'Y', 'Y', 'Y', 'Y', 'Y'];

const row = (name: string, operations: readonly string[], ...cells: Printed): GuideRow => ({
  name,
  operations,
  cells,
});

export const GUIDE: readonly GuideRow[] = [
  row('CancelKeyDeletion', ['CancelKeyDeletion'], 'X4', 'X4', 'Y', 'X4', 'X4', 'X4', 'X4'),
  row('CreateAlias', ['CreateAlias'], 'Y', 'Y', 'X3', 'Y', 'Y', 'Y', 'Y'),
  row('CreateGrant', ['CreateGrant'], 'Y', 'X1', 'X2/3', 'X5', 'Y', 'X14', 'Y'),
  row(
    'cryptographic operations',
    [
      'Decrypt',
      'DeriveSharedSecret',
      'Encrypt',
      'GenerateDataKey',
      'GenerateDataKeyPair',
      'GenerateDataKeyPairWithoutPlaintext',
      'GenerateDataKeyWithoutPlaintext',
      'GenerateMac',
      'ReEncrypt',
      'Sign',
      'Verify',
      'VerifyMac',
    ],
    ...CRYPTOGRAPHIC,
  ),
  row('none yet: taken for cryptographic', ['Decapsulate', 'Encapsulate'], ...CRYPTOGRAPHIC),
  row('DeleteAlias', ['DeleteAlias'], ...ALWAYS),
  row('DeleteImportedKeyMaterial', ['DeleteImportedKeyMaterial'], 'Y', 'Y', 'Y', 'Y', '-', 'X14', 'X15'),
  row('DescribeKey', ['DescribeKey'], ...ALWAYS),
  row('DisableKey, EnableKey', ['DisableKey', 'EnableKey'], 'Y', 'Y', 'X3', 'X5', 'Y', 'X14', 'X15'),
  row(
    'DisableKeyRotation, EnableKeyRotation',
    ['DisableKeyRotation', 'EnableKeyRotation'],
    '?7',
    'X1/7',
    'X3/7',
    'X6',
    'X7',
    'X14',
    '?7',
  ),
  row('GetKeyRotationStatus', ['GetKeyRotationStatus'], '?7', '?7', '?7', 'X6', 'X7', '?7', '?7'),
  row('GetParametersForImport', ['GetParametersForImport'], '?9', '?9', 'X8/9', 'Y', 'X9', 'X14', 'X15'),
  row('GetPublicKey', ['GetPublicKey'], 'Y', 'Y', 'X2/3', 'Y', '-', 'X14', 'Y'),
  // The guide prints X9 for a key that is pending deletion; one with imported material was seen to be refused by its state.
  row('ImportKeyMaterial', ['ImportKeyMaterial'], '?9', '?9', 'X8/9', 'Y', 'X9', 'X14', 'Y'),
  row(
    'GetKeyPolicy, ListAliases and others',
    [
      'GetKeyPolicy',
      'ListAliases',
      'ListGrants',
      'ListKeyPolicies',
      'ListResourceTags',
      'PutKeyPolicy',
      'RetireGrant',
      'RevokeGrant',
    ],
    ...ALWAYS,
  ),
  row('none: reads what was recorded', ['GetKeyLastUsage'], ...ALWAYS),
  row('ListKeyRotations', ['ListKeyRotations'], '?7', '?7', '?7', 'Y', 'X7', '?7', '?7'),
  row('ReplicateKey', ['ReplicateKey'], 'Y', 'X1', 'X2/3', 'X5', '-', 'X14', 'X15'),
  row('RotateKeyOnDemand', ['RotateKeyOnDemand'], '?7', 'X1/7', 'X3/7', 'X5', 'X7', 'X14', '?7'),
  row('ScheduleKeyDeletion', ['ScheduleKeyDeletion'], 'Y', 'Y', 'X3', 'Y', 'Y', 'Y', 'X15'),
  row(
    'TagResource, UntagResource, UpdateKeyDescription',
    ['TagResource', 'UntagResource', 'UpdateKeyDescription'],
    'Y',
    'Y',
    'X3',
    'Y',
    'Y',
    'Y',
    'Y',
  ),
  row('UpdateAlias', ['UpdateAlias'], 'Y', 'Y', 'X10', 'Y', 'Y', 'Y', 'Y'),
  row('UpdatePrimaryRegion', ['UpdatePrimaryRegion'], 'Y', 'X1', 'X2/3', 'X5', '-', 'X14', 'Y'),
];

/** Operations on no key, or on keys of which none is named: no state of a key matters. */
export const ON_NO_KEY = [
  'ConnectCustomKeyStore',
  'CreateCustomKeyStore',
  'CreateKey',
  'DeleteCustomKeyStore',
  'DescribeCustomKeyStores',
  'DisconnectCustomKeyStore',
  'GenerateRandom',
  'ListKeys',
  'ListRetirableGrants',
  'UpdateCustomKeyStore',
] as const;

export const FAMILIES = ['symmetric', 'signing', 'authenticating', 'agreeing', 'encapsulating'] as const;
/** What a key is for. */
export type Family = (typeof FAMILIES)[number];

/** Where it and its material are. */
export type Form =
  | 'single-Region'
  | 'primary'
  | 'replica'
  | 'imported'
  | 'in a key store'
  | 'in an external key store';

export interface Kind {
  readonly family: Family;
  readonly form: Form;
}

const isInKeyStore = (form: Form) => form === 'in a key store' || form === 'in an external key store';

/** Whether the footnote is about keys of this kind. */
function isAbout(footnote: number, { form }: Kind): boolean {
  if (footnote === 7 || footnote === 11) return isInKeyStore(form);
  if (footnote === 6 || footnote === 8) return form === 'imported';
  return footnote !== 9 || form !== 'imported';
}

const UNSUPPORTED: Refusal = { code: 'UnsupportedOperationException' };

/** What no key of the kind can do, whatever its state. */
function refusedToKind(operation: string, { family, form }: Kind): Refusal | undefined {
  switch (operation) {
    // The rotation matrix: of symmetric encryption keys in KMS itself, and from the primary key alone.
    case 'EnableKeyRotation':
    case 'DisableKeyRotation':
      return family === 'symmetric' && (form === 'single-Region' || form === 'primary')
        ? undefined
        : UNSUPPORTED;
    case 'RotateKeyOnDemand':
      return family === 'symmetric' && form !== 'replica' && !isInKeyStore(form) ? undefined : UNSUPPORTED;
    case 'GenerateDataKeyPair':
    case 'GenerateDataKeyPairWithoutPlaintext':
      return isInKeyStore(form) ? UNSUPPORTED : undefined;
    case 'ReplicateKey':
    case 'UpdatePrimaryRegion':
      return form === 'primary' ? undefined : UNSUPPORTED;
    // Footnote 9, which the guide has at the names of these rows.
    case 'DeleteImportedKeyMaterial':
    case 'GetParametersForImport':
    case 'ImportKeyMaterial':
      return form === 'imported' ? undefined : UNSUPPORTED;
    default:
      return undefined;
  }
}

export interface Expectation {
  readonly row: GuideRow;
  /** As it is printed in the guide. */
  readonly printed: string;
  /** Any of these; none when the call succeeds. */
  readonly refusals: readonly Refusal[];
}

export function rowOf(operation: string): GuideRow | undefined {
  return GUIDE.find(({ operations }) => operations.includes(operation));
}

/** Undefined where the guide has no such cell. */
export function expectationOf(operation: string, kind: Kind, state: State): Expectation | undefined {
  const found = rowOf(operation);
  const printed = found?.cells[COLUMNS[state]];
  if (found === undefined || printed === undefined || printed === '-') return undefined;
  const footnotes = [...printed.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  const byState = footnotes
    .filter((footnote) => isAbout(footnote, kind))
    .map((footnote) => FOOTNOTES[footnote])
    .filter((refusal) => refusal !== undefined);
  const byKind = refusedToKind(operation, kind);
  return { row: found, printed, refusals: byKind === undefined ? byState : [...byState, byKind] };
}
