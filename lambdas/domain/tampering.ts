import { createHash } from 'node:crypto';
import { isBefore, plusDuration } from './cryptoperiod.ts';
import type { KeyRecord, VersionRecord } from './key.ts';
import {
  type Circumstance,
  refusedAttempt,
  type Severity,
  storageServices,
  type TamperingRule,
  tamperingRules,
} from './tampering-rules.ts';
import { dyingVersions } from './versions.ts';

/** How a record came: over EventBridge within seconds, or in a log file of the trail within minutes. */
export type Channel = 'bus' | 'trail';

/** Who called, as CloudTrail names it. */
export interface Caller {
  /** The ARN, or the best words there are for a caller without one. */
  readonly name: string;
  /** The role behind a session, with its path. */
  readonly roleArn?: string | undefined;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>` for a session. */
  readonly arn?: string | undefined;
  /** The AWS service that made the call for the caller, such as `rds.amazonaws.com`. */
  readonly service?: string | undefined;
}

/** One call of KMS, or one act of KMS itself. Every text may hold anything. */
export interface RecordedCall {
  readonly eventId: string;
  readonly eventName: string;
  /** ISO-8601 UTC with milliseconds; CloudTrail knows whole seconds. */
  readonly at: string;
  /** Why it did not go through; absent when it did. */
  readonly errorCode?: string | undefined;
  readonly caller: Caller;
  readonly sourceIp?: string | undefined;
  /** ARNs of the KMS keys that the record names, the most reliable first. */
  readonly kmsKeyArns: readonly string[];
  /** Names of the aliases (`alias/...`) that the record names. */
  readonly aliases: readonly string[];
  readonly tagKeys: readonly string[];
}

/** What a call was about, as the registry knows it. */
export interface Subject {
  readonly kmsKeyArn?: string | undefined;
  readonly alias?: string | undefined;
  /** Absent when only the alias says that the call concerns Keyward. */
  readonly key?: KeyRecord | undefined;
  readonly versions: readonly VersionRecord[];
}

/** Whether an approved destruction that the call undid has been recorded as interrupted. */
export type Interruption = 'interrupted' | 'not-recorded';

/** KMS keys of a key that KMS still deletes although the destruction is interrupted. */
export interface Dying {
  readonly kmsKeys: number;
  readonly deletionDate: string;
}

/** A change of a managed key, or the attempt of one, that was not Keyward's. Texts are printable ASCII. */
export interface TamperingFinding {
  /** The same for every delivery of one record. */
  readonly id: string;
  readonly severity: Severity;
  readonly event: string;
  /** The call did not go through. */
  readonly attempt: boolean;
  readonly errorCode?: string;
  /** What happened, in one sentence. */
  readonly summary: string;
  readonly key: {
    readonly keyId?: string;
    readonly name?: string;
    readonly owner?: string;
    readonly alias?: string;
  };
  readonly kmsKeyArn?: string;
  readonly principal: string;
  readonly sourceIp?: string;
  readonly at: string;
  readonly eventId: string;
  readonly channel: Channel;
  readonly destruction?: Interruption;
  readonly dying?: Dying;
  /** The first thing to do. */
  readonly next: string;
  /** `docs/runbook/tampering.md#<section>`. */
  readonly runbook: string;
}

const watchedEvents: ReadonlySet<string> = new Set(tamperingRules.map(({ event }) => event));

export function isWatched({ eventName }: Pick<RecordedCall, 'eventName'>): boolean {
  return watchedEvents.has(eventName);
}

/** Whether the caller is a session of one of these roles (`arn:aws:iam::<account>:role/<path><name>`). */
export function isSessionOf({ roleArn, arn }: Caller, roles: readonly string[]): boolean {
  if (roleArn !== undefined) return roles.includes(roleArn);
  // A session's own ARN lacks the path of its role; names of roles are unique in an account all the same.
  const session = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/.exec(arn ?? '');
  if (session === null) return false;
  const [, partition, account, name] = session;
  return roles.some(
    (role) => role.startsWith(`arn:${partition}:iam::${account}:role/`) && role.split('/').at(-1) === name,
  );
}

const KEYWARD_ALIASES = 'alias/keyward/';

export function isKeywardAlias(alias: string): boolean {
  return alias.startsWith(KEYWARD_ALIASES);
}

/** The alias that a call is about: Keyward's before any other. */
export function aliasOf({ aliases }: Pick<RecordedCall, 'aliases'>): string | undefined {
  return aliases.find(isKeywardAlias) ?? aliases[0];
}

const circumstances: Readonly<Record<Circumstance, (call: RecordedCall, subject: Subject) => boolean>> = {
  'kept-disabled': (_call, subject) =>
    versionsBehind(subject).some(({ backendState }) => backendState !== 'Enabled'),
  // By the KMS key and not by the key: what a failed request made is deleted without a destruction of the key.
  'deletion-not-planned': (_call, subject) =>
    !versionsBehind(subject).some(
      ({ backendState }) => backendState === 'PendingDeletion' || backendState === 'Deleted',
    ),
  'keyward-alias': (_call, { alias }) => alias !== undefined && isKeywardAlias(alias),
  'keyward-tags': ({ tagKeys }) => tagKeys.some((tag) => tag.startsWith('keyward:')),
  'not-by-storage-service': ({ caller }) =>
    caller.service === undefined || !storageServices.has(caller.service),
};

/**
 * The finding in a call that was not Keyward's; undefined when no rule applies, such as for the deletion of a KMS key
 * whose destruction was approved.
 */
export function tamperingFinding(
  call: RecordedCall,
  subject: Subject,
  seen: {
    readonly channel: Channel;
    readonly destruction?: Interruption | undefined;
    readonly dying?: Dying | undefined;
  },
): TamperingFinding | undefined {
  const rule = tamperingRules.find(
    ({ event, when }) =>
      event === call.eventName && (when === undefined || circumstances[when](call, subject)),
  );
  if (rule === undefined) return undefined;
  const attempt = call.errorCode !== undefined;
  const key = namesOf(subject);
  const principal = printable(call.caller.name);
  const { anchor, next } = attempt ? refusedAttempt : rule;
  return {
    id: findingId(call),
    severity: attempt ? attemptSeverity(rule.severity) : rule.severity,
    event: rule.event,
    attempt,
    ...(call.errorCode === undefined ? {} : { errorCode: printable(call.errorCode) }),
    summary: `${principal} ${sentence(rule, key, subject.alias, call.errorCode)}.`,
    key,
    ...(subject.kmsKeyArn === undefined ? {} : { kmsKeyArn: printable(subject.kmsKeyArn) }),
    principal,
    ...(call.sourceIp === undefined ? {} : { sourceIp: printable(call.sourceIp) }),
    at: call.at,
    eventId: printable(call.eventId),
    channel: seen.channel,
    ...(seen.destruction === undefined ? {} : { destruction: seen.destruction }),
    ...(seen.dying === undefined ? {} : { dying: seen.dying }),
    next,
    runbook: `docs/runbook/tampering.md#${anchor}`,
  };
}

/**
 * Longer than a request takes between its call of KMS and its record of the destruction: a cancellation in between
 * seems to come before it.
 */
const RECORDING = 'PT15M';

/**
 * Whether a call took a KMS key out of the destruction that the record shows. A record of the call that comes again
 * long afterwards does not interrupt a destruction that was approved anew.
 */
export function undoesDestruction(call: RecordedCall, subject: Subject): boolean {
  const destruction = subject.key?.destruction;
  return (
    call.eventName === 'CancelKeyDeletion' &&
    call.errorCode === undefined &&
    (destruction?.status === 'scheduled' || destruction?.status === 'interrupted') &&
    dyingVersions(versionsBehind(subject)).length > 0 &&
    !isBefore(plusDuration(call.at, RECORDING), destruction.scheduledAt)
  );
}

/**
 * A text as it may stand in a mail, a log line and the ledger: printable ASCII on one line, cut at `length` characters.
 * Whoever calls KMS chooses some of these texts.
 */
export function printable(text: string, length = 300): string {
  const plain = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return plain.length <= length ? plain : `${plain.slice(0, length - 3)}...`;
}

function findingId({ eventId }: RecordedCall): string {
  return `fnd_${createHash('sha256').update(eventId, 'utf8').digest('hex')}`;
}

function versionsBehind({ kmsKeyArn, versions }: Subject): VersionRecord[] {
  return versions.filter((version) => version.kmsKeyArn === kmsKeyArn);
}

/**
 * An alias of Keyward's says by itself whose key it is. It goes before the registry: a KMS key that an alias was
 * pointed at is not the key that suffers.
 */
function namesOf({ key, alias }: Subject): TamperingFinding['key'] {
  if (key !== undefined && (alias === undefined || !isKeywardAlias(alias) || alias === key.alias)) {
    return {
      keyId: key.keyId,
      name: key.name,
      owner: key.owner,
      alias: key.alias,
    };
  }
  const [, owner, name] = /^alias\/keyward\/([a-z0-9-]{1,62})\/([a-z0-9-]{1,62})$/.exec(alias ?? '') ?? [];
  return {
    ...(owner === undefined || name === undefined ? {} : { owner, name }),
    ...(alias === undefined ? {} : { alias: printable(alias) }),
  };
}

function sentence(
  { done, tried }: TamperingRule,
  { owner, name, alias }: TamperingFinding['key'],
  namedAlias: string | undefined,
  errorCode: string | undefined,
): string {
  const words = {
    key: owner === undefined ? (alias ?? 'unknown name') : `${owner}/${name}`,
    alias: printable(namedAlias ?? 'unknown'),
  };
  const told = errorCode === undefined ? done : `tried to ${tried}, and KMS answered ${printable(errorCode)}`;
  // A function, because the text put in may hold what replaceAll reads as a pattern.
  return told.replace('{key}', () => words.key).replace('{alias}', () => words.alias);
}

function attemptSeverity(severity: Severity): Severity {
  return severity === 'low' ? 'low' : 'medium';
}
