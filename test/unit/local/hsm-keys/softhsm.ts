import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SoftHsmOptions } from '../../../../local/cloudhsm/keys/softhsm.ts';
import { findSoftHsm } from '../../../../local/cloudhsm/softhsm-library.mjs';

/** A token for a test, in a folder of the test run. */
export function softHsm(): SoftHsmOptions {
  const library = findSoftHsm();
  if (library === undefined) {
    throw new Error(
      'HSM_MISSING: no SoftHSM2 was found. `node local/setup.mjs --hsm` installs it, or says how.',
    );
  }
  return { library, folder: mkdtempSync(join(tmpdir(), 'softhsm-')) };
}
