import { describeCrashes } from './crash-runs.ts';

describeCrashes({
  'generate, symmetric': { spec: 'SYMMETRIC_DEFAULT', operations: [] },
  'generate, asymmetric': { spec: 'ECC_NIST_P256', operations: [] },
});
