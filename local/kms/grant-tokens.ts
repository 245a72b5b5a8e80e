import { randomBytes } from 'node:crypto';
import { ServiceError } from './errors.ts';

/** A grant, and the account of its key. */
export interface GrantName {
  readonly accountId: string;
  readonly id: string;
}

const CONTENT = /^(?<accountId>\d{12})\.(?<id>[0-9a-f]{64})\.[0-9a-f]{32}$/;

/** Another token at each call, as in AWS KMS; it names its grant. */
export function newGrantToken({ accountId, id }: GrantName): string {
  return Buffer.from(`${accountId}.${id}.${randomBytes(16).toString('hex')}`).toString('base64');
}

/** Throws InvalidGrantTokenException. */
export function grantOfToken(token: string): GrantName {
  const { accountId, id } = CONTENT.exec(Buffer.from(token, 'base64').toString())?.groups ?? {};
  if (accountId === undefined || id === undefined) {
    throw new ServiceError('InvalidGrantTokenException', 'Invalid grant token');
  }
  return { accountId, id };
}
