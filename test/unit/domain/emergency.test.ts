import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPolicies } from '../../../lambdas/adapters/policy-files.ts';
import { cancelRequest } from '../../../lambdas/domain/decision.ts';
import { requestDigest } from '../../../lambdas/domain/digest.ts';
import { requestDueAt } from '../../../lambdas/domain/due.ts';
import {
  assertCustodian,
  beginEmergency,
  claimedCustodian,
  isCustodian,
  submitRatification,
} from '../../../lambdas/domain/emergency.ts';
import { assertExecuting, awaitApproval, beginExecution } from '../../../lambdas/domain/execution.ts';
import { type KeyRecord, keyRecord } from '../../../lambdas/domain/key.ts';
import { approvalOf, classNamed } from '../../../lambdas/domain/key-class.ts';
import { completeEmergency, completeRatification } from '../../../lambdas/domain/outcome.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { isNeverGivenUp, type RequestRecord } from '../../../lambdas/domain/request.ts';
import { decisionBy } from './deciding.ts';
import { aKey, aRequest, KEY_ID, olga, omar, person, REQUEST_ID, sami } from './examples.ts';

const keyClass = classNamed(
  readPolicies(join(import.meta.dirname, '../../../policies')).classes,
  'data-protection',
);
const now = '2026-11-25T03:02:22.000Z';
const cora = person('cora', 'custodians');
const actor = { kind: 'service', id: 'service:test', name: 'test' } as const;
const RATIFY_ID = 'req_01KAWXCYJ7P8M2Q4R6S8T0V2W6';
const nonce = 'e'.repeat(64);

const begun = (key: KeyRecord = aKey) =>
  beginEmergency({
    now,
    custodian: cora,
    via: 'api',
    keyClass,
    reason: 'It leaks.',
    ids: { requestId: REQUEST_ID, nonce },
    key,
    versions: [],
  });

/** The key when it has been stopped. */
function stopped(): KeyRecord {
  const { key, request } = begun();
  return completeEmergency({ now, actor, key: key.after, request: written(request), versions: [] }).key.after;
}

function written(request: { readonly after: RequestRecord } | undefined): RequestRecord {
  if (request === undefined) throw new Error('No request was written.');
  return request.after;
}

const asked = (key: KeyRecord) =>
  submitRatification({ now, keyClass, reason: 'It leaks.', ids: { requestId: RATIFY_ID, nonce }, key });

describe('who may stop a key', () => {
  const groups = ['owner', 'custodians'];
  const of = { ...keyClass, emergency: { custodians: groups, ratification: approvalOf(keyClass, 'ratify') } };

  it('is a person of a custodian group, where owner is the group that owns the key', () => {
    expect(isCustodian(keyClass, cora, 'payments')).toBe(true);
    expect(isCustodian(keyClass, olga, 'payments')).toBe(false);
    expect(isCustodian(of, olga, 'payments')).toBe(true);
    expect(isCustodian(of, olga, 'billing')).toBe(false);
  });

  it('is nobody else', () => {
    const refused = (work: () => void, code: string) =>
      expect(work).toThrow(expect.objectContaining({ code }));
    expect(() => assertCustodian(keyClass, cora, 'payments')).not.toThrow();
    refused(() => assertCustodian(keyClass, olga, 'payments'), 'Forbidden');
    refused(() => assertCustodian(keyClass, { ...cora, kind: 'machine' }, 'payments'), 'Forbidden');
    refused(() => assertCustodian(keyClass, { ...cora, mfa: false }, 'payments'), 'MfaRequired');
    const { emergency: _none, ...without } = keyClass;
    refused(() => assertCustodian(without, cora, 'payments'), 'ClassForbids');
  });
});

describe('the beginning of an emergency', () => {
  it('executes at once, on the custodian’s word, and is told as what it is', () => {
    const { key, request, entries } = begun();
    expect(written(request)).toMatchObject({
      state: 'executing',
      parameters: { operation: 'emergency-revoke' },
      requester: { id: 'person:cora' },
      approval: { quorum: 0, groups: [] },
    });
    expect(isNeverGivenUp(written(request))).toBe(true);
    expect(key.after.openRequests).toEqual({ 'emergency-revoke': REQUEST_ID });
    expect(entries.map(({ event }) => event)).toEqual(['requested', 'execution-started']);
    expect(entries[0]?.details).toMatchObject({
      emergency: expect.stringMatching(/^without an approval/),
      via: 'api',
      mfa: true,
      reason: 'It leaks.',
    });
  });

  it('takes the key from whoever holds it, whose steps do nothing any more', () => {
    const rotation: RequestRecord = {
      ...aRequest,
      requestId: RATIFY_ID,
      state: 'executing',
      parameters: { operation: 'rotate', cause: 'request' },
      approval: { quorum: 0, groups: [], expiresAfter: 'P7D' },
    };
    const free: RequestRecord = { ...rotation, digest: requestDigest(rotation) };
    const lease = { requestId: RATIFY_ID, until: '2026-11-25T03:10:00.000Z' };
    const held = { ...aKey, lease };
    expect(() => assertExecuting({ now, request: free, key: held }, [], 'forward')).not.toThrow();
    const { key, entries } = begun(held);
    expect(key.after.lease).toEqual({ requestId: REQUEST_ID, until: '2026-11-25T03:17:22.000Z' });
    expect(entries[1]?.details).toMatchObject({ leaseTakenFrom: RATIFY_ID });
    expect(() => assertExecuting({ now, request: free, key: key.after }, [], 'forward')).toThrow(
      expect.objectContaining({ code: 'LeaseLost' }),
    );
  });

  it.each(['suspended', 'compromised', 'destroyed'] as const)(
    'is not for a key that is %s: it is stopped already',
    (state) => {
      expect(() => begun({ ...aKey, state })).toThrow(
        expect.objectContaining({
          code: 'StateForbids',
          message: expect.stringContaining('stopped already'),
        }),
      );
    },
  );

  it('is not for a key that is not there yet, nor for one whose emergency is under way', () => {
    const refused = expect.objectContaining({ code: 'StateForbids' });
    expect(() => begun({ ...aKey, state: 'pre-activation' })).toThrow(refused);
    expect(() => begun(begun().key.after)).toThrow(refused);
  });

  it('is looked after by the sweep a minute after its last progress', () => {
    expect(requestDueAt(written(begun().request))).toBe('2026-11-25T03:03:22.000Z');
  });
});

describe('the key that was stopped', () => {
  it('stands under one person’s word, in a record that reads back', () => {
    const key = stopped();
    expect(key).toMatchObject({
      state: 'suspended',
      emergency: {
        requestId: REQUEST_ID,
        by: { id: 'person:cora' },
        stoppedAt: now,
        status: 'unratified',
        ringsAt: '2026-11-26T03:02:22.000Z',
      },
      openRequests: {},
    });
    expect(key.lease).toBeUndefined();
    expect(keyRecord.parse(key)).toEqual(key);
    expect(keyRecord.parse(aKey).emergency).toBeUndefined();
  });

  it('is put before the quorum in the custodian’s name, for as long as the class says', () => {
    const request = written(asked(stopped()).request);
    expect(request).toMatchObject({
      keyId: KEY_ID,
      state: 'accepted',
      requester: { id: 'person:cora' },
      parameters: { operation: 'ratify', emergencyRequestId: REQUEST_ID },
      approval: { quorum: 2 },
      expiresAt: '2026-11-26T03:02:22.000Z',
    });
    expect(() => asked(aKey)).toThrow(expect.objectContaining({ code: 'StateForbids' }));
  });

  it('is cancelled by nobody, the custodian in whose name it is asked least of all', () => {
    const { key, request } = asked(stopped());
    expect(() => cancelRequest({ now, key: key.after, request: written(request), requester: cora })).toThrow(
      expect.objectContaining({ code: 'Forbidden' }),
    );
  });

  const waiting = () => {
    const { key, request } = asked(stopped());
    const opened = awaitApproval({ now, actor, key: key.after, request: written(request) });
    return { key: opened.key.after, request: written(opened.request) };
  };

  it('stays stopped when somebody says no, and rings at once', () => {
    const { key, request } = waiting();
    const { digest } = request;
    const no = {
      now,
      key,
      request,
      decisions: [],
      verdict: 'deny',
      reason: 'No.',
      digest,
      channel: 'api',
    } as const;
    expect(() => decisionBy({ ...no, person: { ...cora, groups: ['security'] } })).toThrow(
      expect.objectContaining({ code: 'SelfApproval' }),
    );
    const { key: after, entries } = decisionBy({ ...no, person: sami });
    expect(after.after).toMatchObject({
      state: 'suspended',
      emergency: { status: 'rejected', ringsAt: now },
      openRequests: {},
    });
    expect(entries.map(({ event }) => event)).toEqual(['decided', 'denied', 'ratification-rejected']);
  });

  it('asks one person more when nobody knows who stopped the key: it may be one of the quorum', () => {
    const key = stopped();
    const by = { ...actorOf(claimedCustodian('cora')) };
    const claimed = { ...key, emergency: { ...key.emergency, by } } as KeyRecord;
    expect(written(asked(key).request).approval.quorum).toBe(2);
    expect(written(asked(claimed).request).approval.quorum).toBe(3);
  });

  it('is ratified even while its deletion runs, which has superseded the emergency', () => {
    const { key, request } = waiting();
    const approved: RequestRecord = { ...request, state: 'approved' };
    const decisions = [sami, omar].map((who) => ({
      requestId: RATIFY_ID,
      person: { kind: who.kind, id: who.id, name: who.name },
      groups: who.groups,
      verdict: 'approve' as const,
      reason: 'Right.',
      digest: request.digest,
      channel: 'api' as const,
      mfa: true,
      decidedAt: now,
    }));
    const dying: KeyRecord = {
      ...key,
      destruction: {
        status: 'scheduled',
        requestId: REQUEST_ID,
        scheduledAt: now,
        deletionDate: '2026-12-25T03:02:22.000Z',
        priorState: 'suspended',
      },
    };
    const execution = { now, actor, request: approved, decisions, versions: [] };
    const running = beginExecution({ ...execution, key: dying });
    const { entries } = completeRatification({
      ...execution,
      request: written(running.request),
      key: running.key.after,
    });
    expect(entries.at(-1)).toMatchObject({
      event: 'ratified',
      details: { emergency: REQUEST_ID, standing: 'unratified' },
    });
  });
});
