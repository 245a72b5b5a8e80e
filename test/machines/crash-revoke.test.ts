import { describeCrashes, reinstate, rotate, suspend } from './crash-runs.ts';

describeCrashes({
  suspend: { spec: 'SYMMETRIC_DEFAULT', operations: [suspend] },
  'suspend two KMS keys': { spec: 'ECC_NIST_P256', operations: [rotate, suspend] },
  compromise: { spec: 'SYMMETRIC_DEFAULT', operations: [{ operation: 'revoke', mode: 'compromise' }] },
  reinstate: { spec: 'ECC_NIST_P256', operations: [suspend, reinstate] },
});
