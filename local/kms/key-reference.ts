import { randomBytes, randomUUID } from 'node:crypto';
import { type Account, isSameAccount } from './account.ts';
import { notFound, ServiceError } from './errors.ts';
import type { Kms } from './kms.ts';
import type { KmsKey } from './store/keys.ts';

const KEY_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;
const ARN = /^arn:aws:kms:(?<region>[a-z0-9-]+):(?<accountId>\d{12}):(?<resource>(?:key|alias)\/.+)$/;

/** The account and Region of an ARN, and its `key/<id>` or `alias/<name>`. Throws InvalidArnException. */
export function partsOf(arn: string): { readonly account: Account; readonly resource: string } {
  const { region, accountId, resource } = ARN.exec(arn)?.groups ?? {};
  if (region === undefined || accountId === undefined || resource === undefined) {
    throw new ServiceError('InvalidArnException', `'${arn}' is not the ARN of a KMS key or alias.`);
  }
  return { account: { accountId, region }, resource };
}

export const keyArn = ({ region, accountId }: Account, id: string) =>
  `arn:aws:kms:${region}:${accountId}:key/${id}`;

export const aliasArn = ({ region, accountId }: Account, name: string) =>
  `arn:aws:kms:${region}:${accountId}:${name}`;

export function newKeyId({ multiRegion }: { multiRegion: boolean }): string {
  return multiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID();
}

/** Which forms of KeyId an operation takes: most take a key's id or ARN, using a key also its aliases. */
export type AcceptedReference = 'key' | 'key-or-alias';

export interface ResolvedKey {
  /** That of the key's account. */
  readonly kms: Kms;
  readonly key: KmsKey;
  /** The alias that the request named the key by, with its prefix. */
  readonly requestAlias?: string;
}

/**
 * Finds the key that a KeyId means, of another account by its ARN; throws NotFoundException, as HiddenKey when it would be
 * of another account, or InvalidArnException.
 */
export function resolveKey(kms: Kms, reference: string, accepts: AcceptedReference): ResolvedKey {
  const { account, resource } = locate(kms.account, reference);
  const owner = isSameAccount(account, kms.account) ? kms : kms.in(account);
  if (resource.startsWith('alias/')) {
    if (accepts === 'key') {
      throw new ServiceError('InvalidArnException', 'Key Aliases are not supported for this operation.');
    }
    const alias = owner.aliases.find(resource);
    if (alias === undefined) throw missing(kms, owner, `Alias ${aliasArn(account, resource)} is not found.`);
    return { kms: owner, key: existingKey(owner, alias.keyId), requestAlias: resource };
  }
  const id = resource.replace(/^key\//, '');
  if (!KEY_ID.test(id)) throw notFound(`Invalid keyId '${reference}'`);
  const key = owner.keys.find(id);
  if (key === undefined) throw missing(kms, owner, doesNotExist(account, id));
  return { kms: owner, key };
}

/** No key that the caller may know of; whoever uses keys of other accounts does not learn whether there is one. */
export class HiddenKey extends ServiceError {
  readonly isNamedByCiphertext: boolean;
  /** What was to be done with it, when it is not the whole operation. */
  readonly part: string | undefined;

  constructor(message: string, { isNamedByCiphertext = false, part }: HiddenKeyTraits = {}) {
    super('NotFoundException', message);
    this.isNamedByCiphertext = isNamedByCiphertext;
    this.part = part;
  }
}

interface HiddenKeyTraits {
  readonly isNamedByCiphertext?: boolean;
  readonly part?: string;
}

/** The key that is found for a part of an operation. */
export function forPart<T extends ResolvedKey>(part: string, find: () => T): T {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof HiddenKey)) throw error;
    throw new HiddenKey(error.message, { isNamedByCiphertext: error.isNamedByCiphertext, part });
  }
}

function missing(kms: Kms, owner: Kms, message: string): ServiceError {
  return owner.account.accountId === kms.account.accountId ? notFound(message) : new HiddenKey(message);
}

const doesNotExist = (account: Account, id: string) => `Key '${keyArn(account, id)}' does not exist`;

/** Throws NotFoundException for a key that is not of this account: who asks does not learn whether there is one. */
export function refuseOtherAccounts(
  { accountId }: Account,
  { kms, key }: Pick<ResolvedKey, 'kms' | 'key'>,
): void {
  if (kms.account.accountId !== accountId) throw notFound(doesNotExist(kms.account, key.id));
}

/** Throws NotFoundException when there is no such key. */
export function existingKey(kms: Kms, id: string): KmsKey {
  const key = kms.keys.find(id);
  if (key === undefined) throw notFound(doesNotExist(kms.account, id));
  return key;
}

/** The account, and `key/<id>` or `alias/<name>`, of an ARN of this Region; anything but an ARN is of the account as it is. */
function locate(account: Account, reference: string): { account: Account; resource: string } {
  if (!reference.startsWith('arn:')) return { account, resource: reference };
  const parts = partsOf(reference);
  if (parts.account.region !== account.region) throw notFound(`Invalid arn ${parts.account.region}`);
  return parts;
}
