import { notFound, ServiceError } from './errors.ts';
import type { Account, Kms } from './kms.ts';
import type { KmsKey } from './store/keys.ts';

const KEY_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ARN = /^arn:aws:kms:(?<region>[a-z0-9-]+):(?<accountId>\d{12}):(?<resource>(?:key|alias)\/.+)$/;

export const keyArn = ({ region, accountId }: Account, id: string) =>
  `arn:aws:kms:${region}:${accountId}:key/${id}`;

export const aliasArn = ({ region, accountId }: Account, name: string) =>
  `arn:aws:kms:${region}:${accountId}:${name}`;

/** Which forms of KeyId an operation takes: most take a key's id or ARN, using a key also its aliases. */
export type AcceptedReference = 'key' | 'key-or-alias';

export interface ResolvedKey {
  readonly key: KmsKey;
  /** The alias that the request named the key by, with its prefix. */
  readonly requestAlias?: string;
}

/** Finds the key that a KeyId means; throws NotFoundException or InvalidArnException. */
export function resolveKey(kms: Kms, reference: string, accepts: AcceptedReference): ResolvedKey {
  const name = resourceName(kms.account, reference);
  if (name.startsWith('alias/')) {
    if (accepts === 'key') throw notFound(`Invalid keyId '${reference}'`);
    const alias = kms.aliases.find(name);
    if (alias === undefined) throw notFound(`Alias ${aliasArn(kms.account, name)} is not found.`);
    return { key: existingKey(kms, alias.keyId), requestAlias: name };
  }
  const id = name.replace(/^key\//, '');
  if (!KEY_ID.test(id)) throw notFound(`Invalid keyId '${reference}'`);
  return { key: existingKey(kms, id) };
}

/** Throws NotFoundException when there is no such key. */
export function existingKey(kms: Kms, id: string): KmsKey {
  const key = kms.keys.find(id);
  if (key === undefined) throw notFound(`Key '${keyArn(kms.account, id)}' does not exist`);
  return key;
}

/** `key/<id>` or `alias/<name>` of an ARN of this account and Region; anything but an ARN as it is. */
function resourceName(account: Account, reference: string): string {
  if (!reference.startsWith('arn:')) return reference;
  const { region, accountId, resource } = ARN.exec(reference)?.groups ?? {};
  if (region === undefined || accountId === undefined || resource === undefined) {
    throw new ServiceError('InvalidArnException', `'${reference}' is not the ARN of a KMS key or alias.`);
  }
  if (region !== account.region) throw notFound(`Invalid arn ${region}`);
  if (accountId !== account.accountId) {
    throw notFound(
      resource.startsWith('alias/')
        ? `Alias ${reference} is not found.`
        : `Key '${reference}' does not exist`,
    );
  }
  return resource;
}
