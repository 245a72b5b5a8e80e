import * as z from 'zod';
import type { Account } from './account.ts';
import { type RecordFields, recordedFields, recordedInput } from './audit/recorded-fields.ts';
import type { ConditionValues } from './authorization/conditions.ts';
import { grantOfToken } from './grant-tokens.ts';
import { type AcceptedReference, type ResolvedKey, resolveKey } from './key-reference.ts';
import type { KeySpec } from './key-specs.ts';
import type { Kms } from './kms.ts';
import type { LocatedKey } from './multi-region.ts';
import type { Principal } from './principal.ts';
import { parseInput } from './protocol/input.ts';
import { stringMap } from './protocol/json-types.ts';
import type { Grant, GrantTerms } from './store/grants.ts';
import type { KmsKey } from './store/keys.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a call asks of one of its keys, where it is not the same for all. */
export interface KeyPart {
  /** As policies, after `kms:`, and grants name it. */
  readonly name: 'ReEncryptFrom' | 'ReEncryptTo' | 'RetireGrant';
  readonly encryptionContext: Readonly<Record<string, string>>;
  readonly conditions: ConditionValues;
}

/** What a call touches: what it must be allowed on, and what its record names. */
export type Touch =
  | ({
      readonly kind: 'key';
      /** One that must be allowed on besides the key that the call is about: the record does not name it, nor does its state matter. */
      readonly isBeside?: true;
      /** Throws when no key of this kind, whatever its state, can do the operation. */
      readonly refuseKind?: (key: KmsKey) => void;
      readonly part?: KeyPart;
      /** The request does not name the key: its ciphertext does. */
      readonly isNamedByCiphertext?: boolean;
    } & ResolvedKey)
  | { readonly kind: 'alias'; readonly arn: string }
  /**
   * No resource that exists; `action` when it is not the operation's own, `resource` when IAM is asked about one, `account`
   * when IAM is asked in another Region.
   */
  | {
      readonly kind: 'account';
      readonly action?: string;
      readonly resource?: string;
      readonly account?: Account;
    };

/** Something that AWS KMS does by itself, and records so. */
export interface ServiceEvent {
  readonly name: 'RotateKey' | 'DeleteKey' | 'SynchronizeMultiRegionKey' | 'DeleteExpiredKeyMaterial';
  readonly key: LocatedKey;
  readonly details?: RecordFields;
  readonly additionalEventData?: RecordFields;
}

export interface Call {
  /** That of the caller's account; of a call on one key, that of the key's account. */
  readonly kms: Kms;
  readonly principal: Principal;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface Outcome {
  /** The body of the answer, with dates as epoch seconds and bytes as base64; none when left out. */
  readonly output?: JsonObject;
  /** CloudTrail's responseElements; left out, it is the key's ARN for the changes that show it, and else null. */
  readonly responseElements?: RecordFields;
  readonly additionalEventData?: RecordFields;
  /** The key that the call made. */
  readonly createdKey?: KmsKey;
  /** The replica that the call made, in another Region, where its creation is recorded too. */
  readonly replica?: LocatedKey;
  /** The replica that the call made the primary key, in another Region, where that is recorded too. */
  readonly newPrimary?: LocatedKey;
  readonly serviceEvents?: readonly ServiceEvent[];
}

/** A call whose input is valid; `resolve` finds what it touches, and the effect on it. */
export interface PreparedCall {
  readonly requestParameters: RecordFields | null;
  /** Besides those of the encryption context. */
  readonly conditions: ConditionValues;
  readonly encryptionContext: Readonly<Record<string, string>>;
  /** The grants whose tokens the caller gives. */
  readonly grantIds: readonly string[];
  readonly dryRun: boolean;
  /** What the call counts as besides itself. */
  readonly countsElsewhere: readonly CountElsewhere[];
  /** Of the data key pair that the call makes. */
  readonly pairSpec?: KeySpec;
  readonly resolve: (kms: Kms) => Resolved;
}

/** A call that counts against a request quota in another Region too. */
interface CountElsewhere {
  readonly region: string;
  readonly operation: string;
  /** As how many. */
  readonly times: number;
}

export interface Resolved {
  /** The grant that CreateGrant makes, or RetireGrant retires: who may do so depends on it. */
  readonly aboutGrant?: { readonly created?: GrantTerms; readonly retired?: Grant };
  readonly touches: readonly Touch[];
  readonly effect: (call: Call) => Outcome;
}

export interface Operation {
  /** Whether CloudTrail calls it a read. */
  readonly readOnly: boolean;
  /** Checks the input. What may take seconds, the making of keys, is done here, outside of the atomic effect. */
  readonly prepare: (body: unknown) => PreparedCall | Promise<PreparedCall>;
}

interface Definition<I> {
  readonly schema: z.ZodType<I>;
  readonly readOnly: boolean;
  /** The condition keys that this operation adds, in lower case. */
  readonly conditions?: (input: I) => ConditionValues;
  /** What CloudTrail records as the input, if not the whole. */
  readonly recorded?: (input: I) => RecordFields | null;
  /** What a call counts as besides itself, if anything. */
  readonly countsElsewhere?: (input: I) => readonly CountElsewhere[];
}

/** An operation whose resources are its own matter. */
export function operation<I extends JsonObject>(
  definition: Definition<I> & {
    readonly resolve: (kms: Kms, input: I) => Resolved;
  },
): Operation {
  return {
    readOnly: definition.readOnly,
    prepare: (body) => {
      const input = parseInput(definition.schema, body);
      const recorded = definition.recorded ?? ((parsed: I) => recordedInput(parsed, body));
      return prepared({ ...definition, recorded }, input, (kms) => definition.resolve(kms, input));
    },
  };
}

/** An operation on the one key that KeyId names. */
export function keyOperation<I extends JsonObject & { readonly KeyId: string }>(
  definition: Definition<I> & {
    readonly accepts?: AcceptedReference;
    /** Throws when no key of this kind, whatever its state, can do the operation. */
    readonly refuseKind?: (key: KmsKey) => void;
    readonly handle: (call: Call & { readonly key: KmsKey }, input: I) => Outcome;
  },
): Operation {
  return operation({
    ...definition,
    resolve: (kms, input) => {
      const resolved = resolveKey(kms, input.KeyId, definition.accepts ?? 'key');
      return {
        touches: [
          {
            kind: 'key',
            ...resolved,
            ...(definition.refuseKind === undefined ? {} : { refuseKind: definition.refuseKind }),
          },
        ],
        effect: (call) => definition.handle({ ...call, ...resolved }, input),
      };
    },
  });
}

/** What is the same for every operation, from the names that AWS KMS gives the members. */
export function prepared<I extends JsonObject>(
  definition: Pick<Definition<I>, 'conditions' | 'recorded' | 'countsElsewhere'>,
  input: I,
  resolve: PreparedCall['resolve'],
): PreparedCall {
  return {
    requestParameters: definition.recorded ? definition.recorded(input) : recordedFields(input),
    conditions: definition.conditions?.(input) ?? {},
    encryptionContext: encryptionContextSchema.parse(input.EncryptionContext),
    grantIds: grantTokensSchema.parse(input.GrantTokens).map((token) => grantOfToken(token).id),
    dryRun: input.DryRun === true,
    countsElsewhere: definition.countsElsewhere?.(input) ?? [],
    resolve,
  };
}

const grantTokensSchema = z.array(z.string()).default([]);
const encryptionContextSchema = stringMap.default({});
