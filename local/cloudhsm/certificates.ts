import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { invalidRequest } from './errors.ts';
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

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** A trust anchor may be a chain, from the authority that signs to the root. */
const LONGEST_CHAIN = 4;
const LONGEST_CHAIN_BYTES = 16_384;

/**
 * Checks what claims a cluster: the signed certificate must be for the key of the request, and lead through the trust
 * anchor, which is a root or a chain to one, to a self-signed certificate. Throws CloudHsmInvalidRequestException.
 */
export function checkClaim(csr: string, signedCertificate: string, trustAnchor: string): void {
  const [certificate, ...more] = certificatesIn(signedCertificate, 'SignedCert');
  if (certificate === undefined || more.length > 0) {
    throw invalidRequest('SignedCert must be one certificate in PEM format.');
  }
  const requested = Buffer.from(new Pkcs10CertificateRequest(csr).publicKey.rawData);
  if (!certificate.publicKey.export({ format: 'der', type: 'spki' }).equals(requested)) {
    throw invalidRequest(
      "SignedCert was not issued for the public key of the cluster's certificate signing request.",
    );
  }
  const chain = certificatesIn(trustAnchor, 'TrustAnchor');
  if (chain.length > LONGEST_CHAIN || trustAnchor.length > LONGEST_CHAIN_BYTES) {
    throw invalidRequest('TrustAnchor must be a chain of at most 4 certificates and 16 KB.');
  }
  checkChain([certificate, ...chain]);
}

/** Whether two trust anchors are the same certificates, however they are written down. */
export function isSameTrustAnchor(one: string, other: string): boolean {
  const fingerprints = (pem: string) =>
    (pem.match(PEM_CERTIFICATE) ?? []).map((text) => fingerprintOf(text) ?? text);
  return fingerprints(one).join() === fingerprints(other).join();
}

function fingerprintOf(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return undefined;
  }
}

function checkChain(chain: readonly X509Certificate[]): void {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1] ?? certificate;
    const isRoot = issuer === certificate;
    if (!isIssuedBy(certificate, issuer)) {
      throw invalidRequest(
        isRoot
          ? 'TrustAnchor must be a self-signed certificate, or a chain that ends with one.'
          : 'SignedCert was not issued by the certificate authority in TrustAnchor.',
      );
    }
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
}

/** Throws CloudHsmInvalidRequestException when there is none, or one that cannot be read. */
function certificatesIn(pem: string, member: string): X509Certificate[] {
  const found = pem.match(PEM_CERTIFICATE);
  if (found === null) throw invalidRequest(`${member} must be a certificate in PEM format.`);
  try {
    return found.map((text) => new X509Certificate(text));
  } catch {
    throw invalidRequest(`${member} is not a valid certificate.`);
  }
}
