import { X509Certificate } from 'node:crypto';
import { invalidRequest } from './errors.ts';
import type { Hsm } from './store/resources.ts';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** A trust anchor may be a chain, from the authority that signs to the root. */
const LONGEST_CHAIN = 4;
const LONGEST_CHAIN_BYTES = 16_384;

/**
 * Checks what claims a cluster: the signed certificate must be for the key of the request, and lead through the trust
 * anchor, which is a root or a chain to one, to a self-signed certificate. Throws CloudHsmInvalidRequestException.
 */
export function checkClaim(
  { hsmCertificate }: Pick<Hsm['identity'], 'hsmCertificate'>,
  signedCertificate: string,
  trustAnchor: string,
): void {
  const [certificate, ...more] = certificatesIn(signedCertificate, 'SignedCert');
  if (certificate === undefined || more.length > 0) {
    throw invalidRequest('SignedCert must be one certificate in PEM format.');
  }
  // The request is for the key that the HSM's own certificate is for.
  if (!certificate.publicKey.equals(new X509Certificate(hsmCertificate).publicKey)) {
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
