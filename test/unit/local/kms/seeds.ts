/** The last byte of each algorithm's object identifier 2.16.840.1.101.3.4.x.y (RFC 9881, RFC 9935), and the seed's length. */
const ALGORITHMS = {
  'ml-dsa-44': ['0311', 32],
  'ml-dsa-65': ['0312', 32],
  'ml-dsa-87': ['0313', 32],
  'ml-kem-512': ['0401', 64],
  'ml-kem-768': ['0402', 64],
  'ml-kem-1024': ['0403', 64],
} as const;

/** A private key as PKCS #8 DER that holds the seed alone. */
export function privateKeyFromSeed(algorithm: keyof typeof ALGORITHMS, seed: Uint8Array): Buffer {
  const [arc, bytes] = ALGORITHMS[algorithm];
  const header = [0x30, bytes + 20, 0x02, 0x01, 0x00, 0x30, 0x0b, 0x06, 0x09];
  const identifier = Buffer.from(`60864801650304${arc}`, 'hex');
  return Buffer.concat([
    Buffer.from(header),
    identifier,
    Buffer.from([0x04, bytes + 2, 0x80, bytes]),
    seed.subarray(0, bytes),
  ]);
}
