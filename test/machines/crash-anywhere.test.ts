import { assert, asyncProperty, constantFrom, nat } from 'fast-check';
import { expect, it } from 'vitest';
import { finalRequestStates } from '../../lambdas/domain/request.ts';
import { destroy, play, reinstate, rotate, type Scenario, suspend } from './crash-runs.ts';

const lives: readonly Scenario[] = [
  { spec: 'SYMMETRIC_DEFAULT', operations: [] },
  { spec: 'SYMMETRIC_DEFAULT', operations: [rotate, rotate] },
  { spec: 'ECC_NIST_P256', operations: [rotate, suspend, reinstate, rotate] },
  { spec: 'ECC_NIST_P256', operations: [rotate, rotate, { operation: 'revoke', mode: 'compromise' }] },
  { spec: 'SYMMETRIC_DEFAULT', operations: [suspend, destroy, { operation: 'cancel-destruction' }] },
  { spec: 'ECC_NIST_P256', operations: [destroy, { operation: 'cancel-destruction' }, rotate] },
  { spec: 'SYMMETRIC_DEFAULT', operations: [{ operation: 'revoke', mode: 'compromise' }, destroy] },
];

// Deaths at calls that only read tell nothing that the other tests do not: here chance looks whether that is so.
it('ends well when something goes wrong at any call', async () => {
  await assert(
    asyncProperty(
      constantFrom(...lives),
      nat(200),
      constantFrom('before', 'after'),
      constantFrom('once', 'from then on', 'KMS is down'),
      async (life, chance, when, how) => {
        const { calls } = await play(life);
        const { state } = await play(life, { point: { call: 1 + (chance % calls), when, how } });
        if (how === 'once') expect(state).toBe('succeeded');
        else expect(finalRequestStates).toContain(state);
      },
    ),
    { numRuns: 30, endOnFailure: true },
  );
});
