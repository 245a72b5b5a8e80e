/** The PKCS #11 library of a SoftHSM2 that is installed: the one in SOFTHSM2_LIBRARY first. */
export function findSoftHsm(): string | undefined;
