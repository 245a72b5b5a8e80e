import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequest,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** The customer's own certificate authority, which claims clusters. */
export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  /** The certificate for a request, both PEM. */
  sign(csr: string): Promise<string>;
  /** An authority below this one; its `certificate` is the chain, itself first. */
  intermediate(): Promise<CertificateAuthority>;
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
const CA = new BasicConstraintsExtension(true, undefined, true);

export async function newAuthority(name = 'CN=Customer Root'): Promise<CertificateAuthority> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']);
  const root = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: ECDSA,
    extensions: [CA],
  });
  return authority(name, keys, root.toString('pem'));
}

function authority(issuer: string, keys: webcrypto.CryptoKeyPair, certificate: string): CertificateAuthority {
  const signingAlgorithm = ECDSA;
  const issue = { issuer, signingKey: keys.privateKey, signingAlgorithm };
  return {
    certificate,
    sign: async (csr) => {
      const request = new Pkcs10CertificateRequest(csr);
      const signed = await X509CertificateGenerator.create({
        ...issue,
        subject: request.subject,
        publicKey: await request.publicKey.export(),
      });
      return signed.toString('pem');
    },
    intermediate: async () => {
      const subject = 'CN=Customer Intermediate';
      const below = await webcrypto.subtle.generateKey(ECDSA, false, ['sign', 'verify']);
      const issued = await X509CertificateGenerator.create({
        ...issue,
        subject,
        publicKey: below.publicKey,
        extensions: [CA],
      });
      return authority(subject, below, `${issued.toString('pem')}\n${certificate}`);
    },
  };
}
