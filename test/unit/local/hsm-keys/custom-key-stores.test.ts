import { describeKeys } from '../kms/custom-key-stores/keys-in-hsms.ts';
import { softHsm } from './softhsm.ts';

describeKeys('a token of SoftHSM2', () => ({ softHsm: softHsm() }));
