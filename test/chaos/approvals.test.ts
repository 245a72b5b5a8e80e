import { test } from 'vitest';
import { runApprovals } from './approvals.ts';

test('approvals go as foretold, whatever happens in whatever order', async () => {
  await runApprovals({ runs: 300 });
}, 120_000);
