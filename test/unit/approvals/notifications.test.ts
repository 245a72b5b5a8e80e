import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InvalidPolicyFile } from '../../../lambdas/domain/errors.ts';
import { addressesOf, parseNotifications } from '../../../lambdas/domain/notifications.ts';

describe('who hears of an approval', () => {
  const { mail } = parseNotifications('mail: { security: [s@x.test, both@x.test], payments: [both@x.test] }');

  it('is every address of the groups, once', () => {
    expect(addressesOf({ mail }, ['security', 'payments'])).toEqual(['s@x.test', 'both@x.test']);
  });

  it.each(['nobody', 'constructor', 'toString', '__proto__'])(
    'is nobody of a group without addresses: %s',
    (group) => {
      expect(addressesOf({ mail }, [group])).toEqual([]);
    },
  );
});

describe('policies/notifications.yaml', () => {
  it('is valid as shipped', () => {
    const shipped = readFileSync('policies/notifications.yaml', 'utf8');
    expect(Object.keys(parseNotifications(shipped).mail)).toContain('security');
  });

  it('has all its faults told at once, with their lines', () => {
    let told: unknown;
    try {
      parseNotifications(
        'mail:\n  security: [no-address]\n  payments: p@x.test\nslack:\n  security: [general]\n',
      );
    } catch (error) {
      told = error;
    }
    expect(told).toBeInstanceOf(InvalidPolicyFile);
    expect(String(told)).toMatch(/3 fault\(s\)/);
    for (const place of ['mail.security[0]', 'mail.payments', 'slack.security[0]'])
      expect(String(told)).toContain(place);
  });
});
