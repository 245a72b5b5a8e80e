import { readRecordedCall } from '../adapters/cloudtrail.ts';
import { log } from '../adapters/log.ts';
import { RecordCorrupt } from '../domain/errors.ts';
import {
  aliasOf,
  type Channel,
  isKeywardAlias,
  isSessionOf,
  isWatched,
  printable,
  type RecordedCall,
  type Subject,
  tamperingFinding,
} from '../domain/tampering.ts';
import type { AlertDependencies } from './dependencies.ts';
import { interruptUndone } from './interrupt-undone.ts';

/**
 * What became of a record:
 * `irrelevant` not a change of a KMS key; `own` Keyward's; `unmanaged` of a key that is not Keyward's; `expected` no
 * rule applies; `untied` it names no key, so that nobody knows; `known` told before; `alerted` told now.
 */
export type Examination = 'irrelevant' | 'own' | 'unmanaged' | 'expected' | 'untied' | 'known' | 'alerted';

/** Longer than any queue keeps a message (14 days), so that no delivery of a record comes after its claim is gone. */
const CLAIM_SECONDS = 15 * 24 * 60 * 60;

/**
 * Judges one CloudTrail record from either channel, and alerts at least once.
 *
 * 1. Read it; stop when it is no watched call of KMS, or Keyward's own.
 * 2. Tie it to a key of the registry or to an alias of Keyward's.
 * 3. When it undid an approved destruction, record that first: the sweep must not go on with a destruction that does
 *    not run. A failure does not hold up the alert.
 * 4. Publish unless the record is claimed, then claim it. Claiming first would lose the alert in a crash between the
 *    two; so it may be told twice, with the same finding id.
 * 5. Let a failure of 3 fail the delivery: the next one tries it again, and finds the alert claimed.
 *
 * @throws RecordUnreadable, RecordCorrupt, or what the registry or the topic throws: the delivery has to be repeated
 */
export async function examineRecord(
  deps: AlertDependencies,
  record: unknown,
  channel: Channel,
): Promise<Examination> {
  const call = readRecordedCall(record);
  if (call === undefined || !isWatched(call)) return 'irrelevant';
  if (isSessionOf(call.caller, deps.stepRoles)) return 'own';

  const subject = await findSubject(deps, call);
  if (subject === undefined) return call.kmsKeyArns.length === 0 ? untied(call, channel) : 'unmanaged';

  const { destruction, dying, failure } = await interruptUndone(deps, call, subject);

  const finding = tamperingFinding(call, subject, { channel, destruction, dying });
  if (finding === undefined) return 'expected';
  const known = await deps.registry.isClaimed(finding.id);
  if (!known) {
    await deps.publish(finding);
    await deps.registry.claimOnce(finding.id, CLAIM_SECONDS);
    log.warn('tampering alerted', {
      code: 'TamperingAlerted',
      findingId: finding.id,
      severity: finding.severity,
      channel,
    });
  }

  if (failure !== undefined) throw failure.error;
  return known ? 'known' : 'alerted';
}

/** KMS takes no longer name. */
const ALIAS_LENGTH = 256;

/** By an alias of Keyward's first: the key that suffers is the one that has the alias, not the one it was pointed at. */
async function findSubject(
  { registry }: AlertDependencies,
  call: RecordedCall,
): Promise<Subject | undefined> {
  const alias = aliasOf(call);
  const ofKeyward = alias !== undefined && isKeywardAlias(alias);
  if (ofKeyward && alias.length <= ALIAS_LENGTH) {
    const keyId = await registry.holderOfAlias(alias);
    if (keyId !== undefined)
      return { kmsKeyArn: call.kmsKeyArns[0], alias, ...(await recordsOf(registry, keyId)) };
  }
  for (const kmsKeyArn of call.kmsKeyArns) {
    const keyId = await registry.keyIdOfKmsKey(kmsKeyArn);
    if (keyId !== undefined) return { kmsKeyArn, alias, ...(await recordsOf(registry, keyId)) };
  }
  return ofKeyward ? { kmsKeyArn: call.kmsKeyArns[0], alias, versions: [] } : undefined;
}

async function recordsOf(
  registry: AlertDependencies['registry'],
  keyId: string,
): Promise<Pick<Subject, 'key' | 'versions'>> {
  const found = await registry.getKeyWithVersions(keyId);
  if (found !== undefined) return found;
  throw new RecordCorrupt(`The registry ties a KMS key or alias to ${keyId}, which it does not have.`, {
    keyId,
  });
}

/** A refused call may be recorded without its key: it is counted apart, never as harmless. */
function untied(call: RecordedCall, channel: Channel): 'untied' {
  log.warn('a change of a KMS key cannot be tied to a key', {
    code: 'RecordNotTied',
    eventId: printable(call.eventId),
    event: call.eventName,
    errorCode: call.errorCode === undefined ? undefined : printable(call.errorCode),
    principal: printable(call.caller.name),
    channel,
  });
  return 'untied';
}
