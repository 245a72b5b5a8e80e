/** The hashes of the signature algorithms, by their OpenSSL names. */
export type Hash = 'sha256' | 'sha384' | 'sha512';
