import type { KeyState, KeyUsage } from './key.ts';

interface Transition {
  readonly from: KeyState;
  readonly to: KeyState;
  /** Section of the standard that allows it. */
  readonly section: string;
}

/** The rules of NIST SP 800-57 Part 1 Rev. 5 that Keyward keeps, as data. A later revision is a second table. */
export const sp80057r5 = {
  version: 'sp800-57-r5',

  transitions: [
    { from: 'pre-activation', to: 'active', section: '7.1' },
    { from: 'pre-activation', to: 'compromised', section: '7.1' },
    { from: 'pre-activation', to: 'destroyed', section: '7.1' },
    { from: 'active', to: 'suspended', section: '7.2' },
    { from: 'active', to: 'deactivated', section: '7.2' },
    { from: 'active', to: 'compromised', section: '7.2' },
    { from: 'active', to: 'destroyed', section: '7.2' },
    { from: 'suspended', to: 'active', section: '7.3' },
    { from: 'suspended', to: 'deactivated', section: '7.3' },
    { from: 'suspended', to: 'compromised', section: '7.3' },
    { from: 'suspended', to: 'destroyed', section: '7.3' },
    { from: 'deactivated', to: 'compromised', section: '7.4' },
    { from: 'deactivated', to: 'destroyed', section: '7.4' },
    { from: 'compromised', to: 'destroyed', section: '7.5' },
  ] satisfies readonly Transition[] as readonly Transition[],

  /**
   * What a version may do in a state. Stricter than the standard in two places: it lets a recipient process with a
   * suspended or compromised key at its own risk, but KMS cannot ask for that judgement, so Keyward lets nobody.
   */
  use: {
    'pre-activation': { protect: false, process: false },
    active: { protect: true, process: true },
    suspended: { protect: false, process: false },
    deactivated: { protect: false, process: true },
    compromised: { protect: false, process: false },
    destroyed: { protect: false, process: false },
  } satisfies Readonly<Record<KeyState, { readonly protect: boolean; readonly process: boolean }>>,

  /**
   * The longest originator-usage period by key type (section 5.3.6, table 1). How long a key may process afterwards
   * depends on how long the data lives, which the owner of the class knows and this table does not.
   */
  longestOriginatorUsage: {
    ENCRYPT_DECRYPT: { keyType: 'symmetric data-encryption key', duration: 'P2Y' },
    SIGN_VERIFY: { keyType: 'private signature key', duration: 'P3Y' },
  } satisfies Readonly<Record<KeyUsage, { readonly keyType: string; readonly duration: string }>>,
} as const;
