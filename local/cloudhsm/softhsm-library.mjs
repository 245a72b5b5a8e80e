// Plain JavaScript, because the set-up runs it before node_modules exist, on the host's own Node.
import { existsSync } from 'node:fs';

const places = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

/** @returns {string | undefined} the PKCS #11 library of a SoftHSM2 that is installed: the one in SOFTHSM2_LIBRARY first */
export function findSoftHsm() {
  const given = process.env.SOFTHSM2_LIBRARY;
  return [...(given ? [given] : []), ...places].find((path) => existsSync(path));
}
