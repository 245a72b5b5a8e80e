import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequestGenerator,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Hsm } from './store/resources.ts';

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
};
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** However far a test moves the clock, the hardware's certificates are good. */
const VALIDITY = { notBefore: new Date('2020-01-01'), notAfter: new Date('2120-01-01') };

const IS_AUTHORITY = new BasicConstraintsExtension(true, undefined, true);

interface Authority {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
  /** Self-signed, PEM. */
  readonly certificate: string;
}

/** Who vouches for the hardware of this server's HSMs: AWS, and the manufacturer. */
export interface HardwareAuthorities {
  readonly aws: Authority;
  readonly manufacturer: Authority;
}

export async function newHardwareAuthorities(): Promise<HardwareAuthorities> {
  return {
    aws: await newAuthority('C=US, O=Local AWS CloudHSM, CN=Root'),
    manufacturer: await newAuthority('C=US, O=Local HSM Manufacturer, CN=Root'),
  };
}

/**
 * What a new HSM shows: its hardware's certificates, one for the HSM signed by the hardware, and the request for the
 * cluster's certificate, for the same key. The private key is forgotten: nothing here answers TLS with it.
 */
export async function newIdentity(
  { aws, manufacturer }: HardwareAuthorities,
  hsmId: string,
): Promise<Hsm['identity']> {
  const hardware = await webcrypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']);
  const hsm = await webcrypto.subtle.generateKey(RSA, false, ['sign', 'verify']);
  const name = `C=US, ST=CA, O=Local CloudHSM, OU=HSM, CN=HSM:${hsmId}:PARTN:1`;
  const hardwareName = `C=US, ST=CA, O=Local CloudHSM, OU=Hardware, CN=HSM:${hsmId}`;
  const certificateOfHardware = (authority: Authority) =>
    certify(hardwareName, hardware.publicKey, authority.name, authority.keys.privateKey, [IS_AUTHORITY]);
  const csr = await Pkcs10CertificateRequestGenerator.create({ name, keys: hsm, signingAlgorithm: RSA });
  return {
    csr: csr.toString('pem'),
    hsmCertificate: await certify(name, hsm.publicKey, hardwareName, hardware.privateKey, []),
    awsHardwareCertificate: await certificateOfHardware(aws),
    manufacturerHardwareCertificate: await certificateOfHardware(manufacturer),
  };
}

async function newAuthority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']);
  return {
    name,
    keys,
    certificate: await certify(name, keys.publicKey, name, keys.privateKey, [IS_AUTHORITY]),
  };
}

async function certify(
  subject: string,
  publicKey: webcrypto.CryptoKey,
  issuer: string,
  signingKey: webcrypto.CryptoKey,
  extensions: readonly BasicConstraintsExtension[],
): Promise<string> {
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer,
    publicKey,
    signingKey,
    signingAlgorithm: ECDSA,
    extensions: [...extensions],
    ...VALIDITY,
  });
  return certificate.toString('pem');
}
