import { describeCrashes, destroy } from './crash-runs.ts';

describeCrashes({
  destroy: { spec: 'SYMMETRIC_DEFAULT', operations: [destroy] },
  'cancel a destruction': {
    spec: 'ECC_NIST_P256',
    operations: [destroy, { operation: 'cancel-destruction' }],
  },
});
