import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { RecordUnreadable } from '../../../lambdas/adapters/cloudtrail.ts';
import { log } from '../../../lambdas/adapters/log.ts';
import { detectTampering } from '../../../lambdas/alerts/detect-tampering.ts';
import { InvalidInput } from '../../../lambdas/domain/errors.ts';
import { world } from './fakes.ts';
import { aRecord } from './records.ts';

log.setLogLevel('SILENT');

function event(detail: unknown, changes: object = {}): object {
  return {
    version: '0',
    id: '0d7c8f3a-0000-4000-8000-000000000000',
    source: 'aws.kms',
    'detail-type': 'AWS API Call via CloudTrail',
    detail,
    ...changes,
  };
}

describe('an event of the bus', () => {
  let logged: MockInstance;
  beforeEach(() => {
    logged = vi.spyOn(log, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => {
    logged.mockRestore();
  });

  test.each(['aws.kms', 'keyward.local.cloudtrail'])('of %s is examined', async (source) => {
    const { deps, published } = world();
    expect(await detectTampering(deps)(event(aRecord('PutKeyPolicy'), { source }))).toBe('alerted');
    expect(published).toMatchObject([{ severity: 'critical', channel: 'bus' }]);
  });

  test.each<[string, unknown]>([
    ['another source', event(aRecord('PutKeyPolicy'), { source: 'keyward.other' })],
    ['no envelope', null],
  ])('of %s is refused', async (_, malformed) => {
    await expect(detectTampering(world().deps)(malformed)).rejects.toThrow(InvalidInput);
    expect(logged).toHaveBeenCalledWith(
      expect.any(String),
      expect.objectContaining({ code: 'InvalidInput' }),
    );
  });

  test('with an unreadable record fails, so that it is kept', async () => {
    const { deps, published } = world();
    const native = event({ 'key-id': '0f2c9a4e' }, { 'detail-type': 'KMS CMK Deletion' });
    await expect(detectTampering(deps)(native)).rejects.toThrow(RecordUnreadable);
    expect(logged).toHaveBeenCalledWith(
      expect.any(String),
      expect.objectContaining({ code: 'RecordUnreadable' }),
    );
    expect(published).toEqual([]);
  });
});
