import * as z from 'zod';
import type { VirtualClock } from '../../clock/virtual-time.ts';
import { rateExceeded, throttled } from '../errors.ts';
import { hasPublicKey, type KeySpec } from '../key-specs.ts';
import type { Caller } from '../principals.ts';
import type { ControlRoutes } from '../protocol/control-routes.ts';
import { affectedCallers, isAffected } from './affected-callers.ts';

/** How many calls a second AWS KMS takes of an account in a Region, of each operation that has a quota of its own. */
export const OWN_QUOTAS: Readonly<Record<string, number>> = {
  CancelKeyDeletion: 5,
  ConnectCustomKeyStore: 5,
  CreateAlias: 5,
  CreateCustomKeyStore: 5,
  CreateGrant: 50,
  CreateKey: 5,
  DeleteAlias: 15,
  DeleteCustomKeyStore: 5,
  DeleteImportedKeyMaterial: 15,
  DescribeCustomKeyStores: 5,
  DescribeKey: 2000,
  DisableKey: 5,
  DisableKeyRotation: 5,
  DisconnectCustomKeyStore: 5,
  EnableKey: 5,
  EnableKeyRotation: 15,
  GetKeyLastUsage: 5,
  GetKeyPolicy: 1000,
  GetKeyRotationStatus: 1000,
  GetParametersForImport: 1,
  GetPublicKey: 2000,
  ImportKeyMaterial: 15,
  ListAliases: 500,
  ListGrants: 100,
  ListKeyPolicies: 100,
  ListKeyRotations: 100,
  ListKeys: 500,
  ListResourceTags: 2000,
  ListRetirableGrants: 100,
  PutKeyPolicy: 15,
  ReplicateKey: 5,
  RetireGrant: 50,
  RevokeGrant: 50,
  RotateKeyOnDemand: 5,
  ScheduleKeyDeletion: 15,
  TagResource: 10,
  UntagResource: 5,
  UpdateAlias: 5,
  UpdateCustomKeyStore: 5,
  UpdateKeyDescription: 5,
  UpdatePrimaryRegion: 5,
};

/**
 * Cryptographic operations share a quota by the kind of their key: RSA, elliptic curve, ML-DSA, ML-KEM, or symmetric.
 * AWS does not say what that of ML-KEM is, nor that of its pairs; here it is that of elliptic curves.
 */
const ASYMMETRIC_QUOTA = 1000;
const SYMMETRIC_QUOTA = 10_000;
const SYMMETRIC_QUOTAS: Readonly<Record<string, number>> = {
  'us-east-1': 100_000,
  'us-west-2': 100_000,
  'eu-west-1': 100_000,
  'us-east-2': 20_000,
  'ap-southeast-1': 20_000,
  'ap-southeast-2': 20_000,
  'ap-northeast-1': 20_000,
  'eu-central-1': 20_000,
  'eu-west-2': 20_000,
};

/** The making of data key pairs has a quota for each kind of pair, and counts as no use of the key that encrypts them. */
const PAIR_QUOTA = 100;
const RSA_PAIR_QUOTAS: Partial<Record<KeySpec, number>> = { RSA_2048: 20, RSA_3072: 4, RSA_4096: 1 };

/** Of all uses of the keys in one custom key store. */
const CUSTOM_KEY_STORE_QUOTA = 1800;

/** Of CloudTrail, not adjustable. */
const LOOKUP_QUOTA = 2;

const schema = z.strictObject({
  /** The part of AWS KMS's default quotas that there is: less than 1 lets few calls meet them. */
  share: z.number().gt(0).max(1).default(1),
  callers: affectedCallers,
});

type Settings = z.infer<typeof schema>;

interface Bucket {
  tokens: number;
  /** Epoch milliseconds. */
  filledAt: number;
}

/**
 * The request quotas of AWS KMS, once a test asks for them. Each is a bucket for one second's calls, of at least one, that
 * fills up as time passes on the server's clock: a test moves that, or starts the server with one that stands still.
 */
export class Quotas {
  readonly #clock: VirtualClock;
  readonly #buckets = new Map<string, Bucket>();
  #settings: Settings | undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /**
   * Counts a call, or one that is worth several, of an operation with a quota of its own against its caller's account.
   * Throws ThrottlingException.
   */
  take(caller: Caller, operation: string, times = 1): void {
    const rate = Object.hasOwn(OWN_QUOTAS, operation) ? OWN_QUOTAS[operation] : undefined;
    if (rate !== undefined) this.#take(caller, operation, rate, { times });
    if (operation === 'GenerateRandom') this.#takeSymmetric(caller);
  }

  /** Counts a use of a key, which may be in a custom key store. Throws ThrottlingException. */
  takeUse(caller: Caller, spec: KeySpec, customKeyStoreId?: string): void {
    if (customKeyStoreId !== undefined) {
      this.#take(caller, customKeyStoreId, CUSTOM_KEY_STORE_QUOTA);
    } else if (hasPublicKey(spec)) {
      this.#take(caller, /^(?:RSA|ECC|ML_DSA|ML_KEM)/.exec(spec)?.[0] ?? spec, ASYMMETRIC_QUOTA);
    } else {
      this.#takeSymmetric(caller);
    }
  }

  /** Counts the making of a data key pair of this spec. Throws ThrottlingException. */
  takePair(caller: Caller, spec: KeySpec): void {
    this.#take(caller, `pair ${spec}`, RSA_PAIR_QUOTAS[spec] ?? PAIR_QUOTA);
  }

  /** Counts a look into CloudTrail's event history, which has a quota of its own. Throws ThrottlingException. */
  takeLookup(caller: Caller): void {
    this.#take(caller, 'LookupEvents', LOOKUP_QUOTA, { refusal: rateExceeded });
  }

  #takeSymmetric(caller: Caller): void {
    this.#take(caller, 'symmetric', SYMMETRIC_QUOTAS[caller.account.region] ?? SYMMETRIC_QUOTA);
  }

  /** `POST /_local/quotas` `{share?, callers?}`: the quotas hold from now on, with full buckets. `DELETE` lifts them. */
  routes(): ControlRoutes {
    return {
      'POST /_local/quotas': ({ body }) => {
        this.#settings = schema.parse(body ?? {});
        this.#buckets.clear();
        return this.#settings;
      },
      'DELETE /_local/quotas': () => {
        this.#settings = undefined;
        return {};
      },
    };
  }

  #take(
    { account, principal }: Caller,
    name: string,
    callsPerSecond: number,
    { times = 1, refusal = throttled } = {},
  ): void {
    if (this.#settings === undefined || !isAffected(principal, this.#settings.callers)) return;
    const pool = `${account.accountId} ${account.region} ${name}`;
    const rate = callsPerSecond * this.#settings.share;
    const room = Math.max(rate, 1);
    const now = this.#clock.now().getTime();
    const bucket = this.#buckets.get(pool) ?? { tokens: room, filledAt: now };
    const tokens = Math.min(room, bucket.tokens + ((now - bucket.filledAt) / 1000) * rate);
    // What is worth more than there is room for goes through too, and what comes after it waits the longer.
    const goesThrough = tokens >= Math.min(times, room);
    this.#buckets.set(pool, { tokens: goesThrough ? tokens - times : tokens, filledAt: now });
    if (!goesThrough) throw refusal();
  }
}
