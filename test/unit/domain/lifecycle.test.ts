import { describe, expect, test } from 'vitest';
import { StateForbids } from '../../../lambdas/domain/errors.ts';
import { type Destruction, type KeyState, keyState } from '../../../lambdas/domain/key.ts';
import {
  assertOperationAllowed,
  assertTransition,
  canTransition,
  lifecycleDiagram,
  mayProcess,
  mayProtect,
} from '../../../lambdas/domain/lifecycle.ts';
import type { RequestParameters } from '../../../lambdas/domain/request.ts';
import { sp80057r5 } from '../../../lambdas/domain/sp800-57-r5.ts';
import { aKey, REQUEST_ID } from './examples.ts';

const states = keyState.options;

function reachable(from: KeyState): Set<KeyState> {
  const found = new Set<KeyState>();
  const open = [from];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (const to of states) {
      if (!canTransition(state, to) || found.has(to)) continue;
      found.add(to);
      open.push(to);
    }
  }
  return found;
}

describe('transitions', () => {
  test('destroyed is the end', () => {
    expect(reachable('destroyed')).toEqual(new Set());
  });

  test('compromised leads only to destroyed', () => {
    expect(reachable('compromised')).toEqual(new Set(['destroyed']));
  });

  test('every live state can become compromised, and every state but destroyed can be destroyed', () => {
    for (const state of ['pre-activation', 'active', 'suspended', 'deactivated'] as const) {
      expect(canTransition(state, 'compromised')).toBe(true);
    }
    for (const state of states.filter((state) => state !== 'destroyed')) {
      expect(canTransition(state, 'destroyed')).toBe(true);
    }
  });

  test('a deactivated version never comes back', () => {
    expect(reachable('deactivated')).toEqual(new Set(['compromised', 'destroyed']));
  });

  test('nothing goes back to pre-activation or to itself', () => {
    for (const state of states) {
      expect(canTransition(state, 'pre-activation')).toBe(false);
      expect(canTransition(state, state)).toBe(false);
    }
  });

  test('only suspended and pre-activation lead to active, only active to suspended', () => {
    expect(states.filter((from) => canTransition(from, 'active'))).toEqual(['pre-activation', 'suspended']);
    expect(states.filter((from) => canTransition(from, 'suspended'))).toEqual(['active']);
    expect(states.filter((from) => canTransition(from, 'deactivated'))).toEqual(['active', 'suspended']);
  });

  test('each rule stands once, under the section of the state it leaves', () => {
    const rules = sp80057r5.transitions.map(({ from, to }) => `${from} ${to}`);
    expect(new Set(rules).size).toBe(rules.length);
    for (const { from, section } of sp80057r5.transitions) {
      expect(section).toBe(`7.${states.indexOf(from) + 1}`);
    }
  });

  test('a refused transition says where the key is and from where it could go', () => {
    expect(() => assertTransition('active', 'suspended')).not.toThrow();
    expect(() => assertTransition('deactivated', 'active')).toThrow(
      expect.objectContaining({
        code: 'StateForbids',
        details: { keyState: 'deactivated', allowedStates: ['pre-activation', 'suspended'] },
      }),
    );
    expect(() => assertTransition('destroyed', 'pre-activation')).toThrow(StateForbids);
  });
});

test('only an active version protects; a deactivated one still processes', () => {
  expect(states.filter(mayProtect)).toEqual(['active']);
  expect(states.filter(mayProcess)).toEqual(['active', 'deactivated']);
});

describe('operations', () => {
  const table: readonly (readonly [RequestParameters, readonly KeyState[]])[] = [
    [{ operation: 'generate' }, ['pre-activation']],
    [{ operation: 'rotate', cause: 'schedule' }, ['active']],
    [{ operation: 'revoke', mode: 'suspend' }, ['active']],
    [{ operation: 'revoke', mode: 'compromise' }, ['active', 'suspended', 'deactivated']],
    [{ operation: 'reinstate' }, ['suspended', 'deactivated']],
    [{ operation: 'emergency-revoke' }, ['active', 'deactivated']],
    [{ operation: 'destroy', windowDays: 30 }, ['active', 'suspended', 'deactivated', 'compromised']],
  ];

  function destruction(status: Destruction['status']): Destruction {
    return {
      status,
      requestId: REQUEST_ID,
      scheduledAt: '2026-11-25T03:02:22.000Z',
      deletionDate: '2026-12-25T03:02:22.000Z',
      priorState: 'active',
    };
  }

  test.each(table)('%j is allowed exactly in %j', (parameters, allowedStates) => {
    for (const state of states) {
      const attempt = () => assertOperationAllowed({ ...aKey, state }, parameters);
      if (allowedStates.includes(state)) expect(attempt).not.toThrow();
      else {
        expect(attempt).toThrow(
          expect.objectContaining({ code: 'StateForbids', details: { keyState: state, allowedStates } }),
        );
      }
    }
  });

  test.each(table)('%j is refused while the deletion runs, in every state', (parameters) => {
    for (const state of states) {
      expect(() =>
        assertOperationAllowed({ ...aKey, state, destruction: destruction('scheduled') }, parameters),
      ).toThrow(/cancel its destruction first/i);
    }
  });

  test.each(table)('%j follows its states again once the destruction is cancelled', (parameters, allowed) => {
    for (const state of allowed) {
      const key = { ...aKey, state, destruction: destruction('cancelled') };
      expect(() => assertOperationAllowed(key, parameters)).not.toThrow();
    }
  });

  test('a destruction that was interrupted may be taken up again', () => {
    const key = { ...aKey, state: 'suspended' as const, destruction: destruction('interrupted') };
    expect(() => assertOperationAllowed(key, { operation: 'destroy', windowDays: 30 })).not.toThrow();
  });

  test('a cancellation needs a destruction that is scheduled or interrupted', () => {
    const cancel = { operation: 'cancel-destruction' } as const;
    const suspended = { ...aKey, state: 'suspended' } as const;
    for (const status of ['scheduled', 'interrupted'] as const) {
      const key = { ...suspended, destruction: destruction(status) };
      expect(() => assertOperationAllowed(key, cancel)).not.toThrow();
    }
    for (const status of ['cancelled', 'completed'] as const) {
      const key = { ...suspended, destruction: destruction(status) };
      expect(() => assertOperationAllowed(key, cancel)).toThrow(/nothing to cancel/);
    }
    expect(() => assertOperationAllowed(suspended, cancel)).toThrow(StateForbids);
    const gone = { ...aKey, state: 'destroyed' as const, destruction: destruction('scheduled') };
    expect(() => assertOperationAllowed(gone, cancel)).toThrow(StateForbids);
  });
});

test('the diagram has every state and every rule, and no hyphen in an identifier', () => {
  const lines = lifecycleDiagram().split('\n');
  expect(lines[0]).toBe('stateDiagram-v2');
  for (const state of states) expect(lines.some((line) => line.includes(`"${state}" as `))).toBe(true);
  expect(lines.filter((line) => line.includes('-->')).length).toBe(sp80057r5.transitions.length + 2);
  expect(lines).toContain('  pre_activation --> active: 7.1');
  for (const line of lines.slice(1)) expect(line).not.toMatch(/(?:-->|as) *\w+-\w/);
});
