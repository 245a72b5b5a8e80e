import { expect, test } from 'vitest';
import { countCheck, countTests } from '../../report-counts.ts';

const report = (changes: object) =>
  JSON.stringify({
    success: true,
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    ...changes,
  });

test.each([
  ['all passed', report({}), true, { passed: 5, failed: 0, skipped: 0 }],
  ['some failed', report({ success: false, numFailedTests: 2 }), false, { passed: 5, failed: 2, skipped: 0 }],
  [
    'some skipped',
    report({ numPendingTests: 1, numTodoTests: 2 }),
    true,
    { passed: 5, failed: 0, skipped: 3 },
  ],
  ['a file that cannot be loaded', report({ success: false }), false, { passed: 5, failed: 1, skipped: 0 }],
  ['an error outside any test', report({}), false, { passed: 5, failed: 1, skipped: 0 }],
  ['no test ran', report({ numPassedTests: 0 }), true, { passed: 0, failed: 1, skipped: 0 }],
  ['no report', undefined, true, { passed: 0, failed: 1, skipped: 0 }],
  ['half a report', '{"success": true, "numPass', true, { passed: 0, failed: 1, skipped: 0 }],
  ['something else', '{}', true, { passed: 0, failed: 1, skipped: 0 }],
])('%s', (_, text, succeeded, counts) => {
  expect(countTests(text, succeeded)).toEqual(counts);
});

test('a check counts as one', () => {
  expect(countCheck(true)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(countCheck(false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
