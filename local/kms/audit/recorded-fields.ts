/** The members of a CloudTrail record's requestParameters or responseElements. */
export type RecordFields = Readonly<Record<string, unknown>>;

/** Never recorded: what is protected, what protects it, tokens, and passwords. */
const LEFT_OUT = new Set([
  'AccessKeyId',
  'AttestationDocument',
  'CiphertextBlob',
  'CiphertextForRecipient',
  'EncryptedKeyMaterial',
  'GrantToken',
  'GrantTokens',
  'ImportToken',
  'KeyStorePassword',
  'Mac',
  'Message',
  'Plaintext',
  'PrivateKeyCiphertextBlob',
  'PrivateKeyPlaintext',
  'PublicKey',
  'RawSecretAccessKey',
  'SharedSecret',
  'SharedSecretCiphertextBlob',
  'Signature',
]);

/** Maps whose keys are the caller's own words. */
const VERBATIM = new Set([
  'EncryptionContext',
  'SourceEncryptionContext',
  'DestinationEncryptionContext',
  'EncryptionContextSubset',
  'EncryptionContextEquals',
]);

/** An input or output as CloudTrail records it: `KeyId` as `keyId`, without data and secrets. */
export function recordedFields(fields: Readonly<Record<string, unknown>>): RecordFields {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name, value]) => !LEFT_OUT.has(name) && value !== undefined)
      .map(([name, value]) => [recordedName(name), VERBATIM.has(name) ? value : recordedValue(value)]),
  );
}

/** What was asked, with the defaults that AWS KMS fills in. It does not fill in the size of a page. */
export function recordedInput(input: Readonly<Record<string, unknown>>, body: unknown): RecordFields {
  const { Limit: limit, ...others } = input;
  return recordedFields(
    isFields(body) && Object.hasOwn(body, 'Limit') ? { ...others, Limit: limit } : others,
  );
}

/** A date in the words of CloudTrail's responseElements: `Aug 10, 2022, 10:38:27 PM`. */
export function recordedDate(epochMilliseconds: number): string {
  return new Date(epochMilliseconds)
    .toLocaleString('en-US', { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'medium' })
    .replaceAll('\u202F', ' ');
}

function recordedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(recordedValue);
  return isFields(value) ? recordedFields(value) : value;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** CloudTrail makes the first letter small, of an abbreviation too: `aWSAccountId`. */
function recordedName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
