import { describe, expect, test } from 'vitest';
import { plusDuration } from '../../../lambdas/domain/cryptoperiod.ts';
import { nextReminder, occasionOf, secondsToWait } from '../../../lambdas/domain/reminder.ts';
import { aRequest } from './examples.ts';

const request = {
  ...aRequest,
  approval: {
    ...aRequest.approval,
    remindEvery: 'P1D',
    escalation: { after: 'P2DT12H', groups: ['custodians'] },
  },
};
const after = (duration: string) => plusDuration(request.createdAt, duration);

describe('while a request waits', () => {
  test.each([
    ['PT0S', 'P1D'],
    ['PT23H59M59S', 'P1D'],
    ['P1D', 'P2D'],
    ['P2D', 'P2DT12H'],
    ['P2DT12H', 'P3D'],
    ['P5DT1H', 'P6D'],
    ['P6D', undefined],
  ])('%s after it was asked, there is something to tell at %s', (now, next) => {
    expect(nextReminder(request, after(now))).toBe(next === undefined ? undefined : after(next));
  });

  test('the wait is as long as to the next reminder, and at last outlasts the request', () => {
    expect(secondsToWait(request, after('PT23H'))).toBe(3600);
    expect(secondsToWait(request, plusDuration(after('PT23H59M59S'), 'PT0.9S'))).toBe(1);
    expect(secondsToWait(request, after('P6DT23H'))).toBe(3600 + 300);
    expect(secondsToWait(request, after('P9D'))).toBe(300);
    expect(secondsToWait(aRequest, aRequest.createdAt)).toBe(7 * 86_400 + 300);
  });

  test.each([
    ['PT0S', 'asked'],
    ['P1D', 'reminder'],
    ['P2DT12H', 'escalation'],
    ['P3D', 'escalation'],
  ])('telling %s after it was asked is: %s', (now, occasion) => {
    expect(occasionOf(request, after(now))).toBe(occasion);
  });

  test('without reminders it is always news', () => {
    expect(occasionOf(aRequest, after('P6D'))).toBe('asked');
  });
});
