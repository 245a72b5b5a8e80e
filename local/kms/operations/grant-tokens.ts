import { randomBytes } from 'node:crypto';
import { ServiceError } from '../errors.ts';

/** Another token at each call, as in AWS KMS; it names its grant. */
export function newGrantToken(grantId: string): string {
  return Buffer.from(`${grantId}.${randomBytes(16).toString('hex')}`).toString('base64url');
}

/** Throws InvalidGrantTokenException. */
export function grantIdOf(token: string): string {
  const [id, nonce] = Buffer.from(token, 'base64url').toString().split('.');
  if (id === undefined || nonce === undefined) {
    throw new ServiceError('InvalidGrantTokenException', 'The grant token is not valid.');
  }
  return id;
}
