import { describeCrashes, rotate } from './crash-runs.ts';

describeCrashes({
  'rotate in place': { spec: 'SYMMETRIC_DEFAULT', operations: [rotate] },
  'rotate by a new KMS key': { spec: 'ECC_NIST_P256', operations: [rotate] },
});
