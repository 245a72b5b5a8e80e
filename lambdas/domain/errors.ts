/**
 * Every error Keyward raises on purpose. The code is one name everywhere: the API's `code`, the name a state
 * machine's Retry and Catch match on, and the name in the logs. The kind says what class of answer it is.
 */
export type ErrorKind =
  | 'invalid' // the input is wrong: change it
  | 'unauthenticated' // nobody is known to be asking
  | 'forbidden' // somebody known may not do this
  | 'not-found' // no such thing, or not one the caller may see
  | 'conflict' // right input, wrong state
  | 'precondition' // the caller's view of the item is missing or stale
  | 'throttled' // too many calls: wait
  | 'transient' // the same call may go through later: retried
  | 'fault'; // the same call will not go through: a person looks

export type ErrorDetails = Readonly<Record<string, unknown>>;

export abstract class KeywardError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;

  constructor(code: string, kind: ErrorKind, message: string, details: ErrorDetails, options?: ErrorOptions) {
    super(message, options);
    this.name = code;
    this.code = code;
    this.kind = kind;
    this.details = details;
  }
}

/** Whether the same may go through later. All else fails again however often it is tried. */
export function isTransient(error: unknown): boolean {
  return error instanceof KeywardError && error.kind === 'transient';
}

function failure(code: string, kind: ErrorKind) {
  return class extends KeywardError {
    constructor(message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
      super(code, kind, message, details, options);
    }
  };
}

export class InvalidInput extends failure('InvalidInput', 'invalid') {}
export class InvalidPolicyFile extends failure('InvalidPolicyFile', 'fault') {}
export class ClassUnknown extends failure('ClassUnknown', 'invalid') {}
export class ClassForbids extends failure('ClassForbids', 'invalid') {}
export class IdempotencyKeyMissing extends failure('IdempotencyKeyMissing', 'invalid') {}
export class IdempotencyKeyReused extends failure('IdempotencyKeyReused', 'invalid') {}
export class PageTokenInvalid extends failure('PageTokenInvalid', 'invalid') {}

export class Unauthenticated extends failure('Unauthenticated', 'unauthenticated') {}
export class Forbidden extends failure('Forbidden', 'forbidden') {}
export class SelfApproval extends failure('SelfApproval', 'forbidden') {}
export class NotAnApprover extends failure('NotAnApprover', 'forbidden') {}
export class MfaRequired extends failure('MfaRequired', 'forbidden') {}
export class PasskeyRequired extends failure('PasskeyRequired', 'forbidden') {}
export class PasskeyInvalid extends failure('PasskeyInvalid', 'forbidden') {}
export class ProtectsKeyward extends failure('ProtectsKeyward', 'forbidden') {}

export class KeyNotFound extends failure('KeyNotFound', 'not-found') {}
export class RequestNotFound extends failure('RequestNotFound', 'not-found') {}
export class AbsenceNotFound extends failure('AbsenceNotFound', 'not-found') {}
export class CertificateNotFound extends failure('CertificateNotFound', 'not-found') {}
export class RouteNotFound extends failure('RouteNotFound', 'not-found') {}

export class NameTaken extends failure('NameTaken', 'conflict') {}
export class StateForbids extends failure('StateForbids', 'conflict') {}
export class RequestOpen extends failure('RequestOpen', 'conflict') {}
export class RequestClosed extends failure('RequestClosed', 'conflict') {}
export class DigestChanged extends failure('DigestChanged', 'conflict') {}
export class AlreadyDecided extends failure('AlreadyDecided', 'conflict') {}

export class NobodyEligible extends failure('NobodyEligible', 'conflict') {}

export class VersionRequired extends failure('VersionRequired', 'precondition') {}
export class VersionStale extends failure('VersionStale', 'precondition') {}

/** Another writer was first: read again and decide again. */
export class RowConflict extends failure('RowConflict', 'transient') {}
/** Another request is changing the key. */
export class LeaseHeld extends failure('LeaseHeld', 'transient') {}
/** KMS or another service throttled, timed out or was down. */
export class BackendBusy extends failure('BackendBusy', 'transient') {}
/** An effect was asked for and cannot be seen yet. */
export class NotSettled extends failure('NotSettled', 'transient') {}

export class NotApproved extends failure('NotApproved', 'fault') {}
export class LeaseLost extends failure('LeaseLost', 'fault') {}
export class AliasTaken extends failure('AliasTaken', 'fault') {}
export class ProbeFailed extends failure('ProbeFailed', 'fault') {}
export class BackendRefused extends failure('BackendRefused', 'fault') {}
export class BackendStateUnexpected extends failure('BackendStateUnexpected', 'fault') {}
export class RotationsExhausted extends failure('RotationsExhausted', 'fault') {}
export class VersionsExhausted extends failure('VersionsExhausted', 'fault') {}
export class LedgerBroken extends failure('LedgerBroken', 'fault') {}
export class RecordCorrupt extends failure('RecordCorrupt', 'fault') {}
