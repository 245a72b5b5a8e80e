import { describe, expect, it } from 'vitest';
import { destroy, play, reinstate, rotate, type Scenario, suspend } from './crash-runs.ts';

// A request that cannot be carried through is undone, whatever happens while it is.

const reversible: Readonly<Record<string, Scenario>> = {
  'generate, symmetric': { spec: 'SYMMETRIC_DEFAULT', operations: [] },
  'generate, asymmetric': { spec: 'ECC_NIST_P256', operations: [] },
  'rotate in place': { spec: 'SYMMETRIC_DEFAULT', operations: [rotate] },
  'rotate by a new KMS key': { spec: 'ECC_NIST_P256', operations: [rotate] },
  'suspend two KMS keys': { spec: 'ECC_NIST_P256', operations: [rotate, suspend] },
  'reinstate two KMS keys': { spec: 'ECC_NIST_P256', operations: [rotate, suspend, reinstate] },
  'destroy two KMS keys': { spec: 'ECC_NIST_P256', operations: [rotate, destroy] },
  'destroy a suspended key': { spec: 'SYMMETRIC_DEFAULT', operations: [suspend, destroy] },
};

describe.each(Object.entries(reversible))('%s, refused at the end', (_name, scenario) => {
  it.each(['once', 'from then on'] as const)('is undone when a step dies %s while it is', async (how) => {
    const { deaths, ...clean } = await play(scenario, { refused: true });
    expect(clean).toMatchObject({ state: 'failed', orphans: 0 });
    expect(deaths.length).toBeGreaterThan(3);
    for (const death of deaths) {
      const played = await play(scenario, { refused: true, point: { ...death, how } });
      expect(played.state).toBe('failed');
    }
  });

  it('is undone when KMS is down while it is', async () => {
    const { outages } = await play(scenario, { refused: true });
    for (const call of outages) {
      const point = { call, when: 'before', how: 'KMS is down' } as const;
      expect((await play(scenario, { refused: true, point })).state).toBe('failed');
    }
  });
});
