import * as z from 'zod';

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

const VitestReport = z.object({
  success: z.boolean(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
});

/** A check that is no test: one that passed or one that failed. */
export const countCheck = (succeeded: boolean): Counts =>
  succeeded ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };

/**
 * What vitest's JSON report says. Without a report that can be read, or without a test that ran, that is one failure;
 * so is a bad end of which no test tells, such as a file that cannot be loaded.
 * @param report the report's text; undefined when there is none
 * @param succeeded whether vitest exited with 0
 */
export function countTests(report: string | undefined, succeeded: boolean): Counts {
  const parsed = parseReport(report);
  if (parsed === undefined) return countCheck(false);
  const { numPassedTests: passed, numFailedTests, numPendingTests, numTodoTests } = parsed;
  const endedWell = succeeded && parsed.success && passed > 0;
  return {
    passed,
    failed: endedWell ? numFailedTests : Math.max(numFailedTests, 1),
    skipped: numPendingTests + numTodoTests,
  };
}

function parseReport(report: string | undefined): z.infer<typeof VitestReport> | undefined {
  if (report === undefined) return undefined;
  try {
    return VitestReport.parse(JSON.parse(report));
  } catch {
    return undefined;
  }
}
