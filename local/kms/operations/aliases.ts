import * as z from 'zod';
import { limitExceeded, notFound, ServiceError, validation } from '../errors.ts';
import { aliasArn, existingKey, refuseOtherAccounts, resolveKey } from '../key-reference.ts';
import { encryptsSymmetrically } from '../key-specs.ts';
import type { Kms } from '../kms.ts';
import { operation } from '../operation.ts';
import { pageOf } from '../protocol/pagination.ts';
import type { Alias } from '../store/aliases.ts';
import { keyId, pagination, text } from './fields.ts';
import { epochSeconds } from './key-metadata.ts';

const ALIASES_PER_KEY = 50;

const aliasName = text(1, 256, '^[a-zA-Z0-9:/_-]+$');

const aliasAndKey = z.object({ AliasName: aliasName, TargetKeyId: keyId });

export const createAlias = operation({
  schema: aliasAndKey,
  readOnly: false,
  resolve: (kms, { AliasName: name, TargetKeyId }) => {
    checkName(name);
    const resolved = resolveKey(kms, TargetKeyId, 'key');
    const { key } = resolved;
    const arn = aliasArn(kms.account, name);
    return {
      touches: [
        { kind: 'key', ...resolved },
        { kind: 'alias', arn },
      ],
      effect: ({ now }) => {
        if (kms.aliases.find(name) !== undefined) {
          throw new ServiceError('AlreadyExistsException', `An alias with the name ${arn} already exists`);
        }
        checkRoom(kms, key.id);
        kms.aliases.insert(name, key.id, now);
        return { responseElements: { keyId: key.arn } };
      },
    };
  },
});

export const updateAlias = operation({
  schema: aliasAndKey,
  readOnly: false,
  resolve: (kms, { AliasName: name, TargetKeyId }) => {
    checkName(name);
    const former = existingKey(kms, existingAlias(kms, name).keyId);
    const resolved = resolveKey(kms, TargetKeyId, 'key');
    const { key } = resolved;
    return {
      touches: [
        { kind: 'alias', arn: aliasArn(kms.account, name) },
        { kind: 'key', ...resolved },
        { kind: 'key', kms, key: former, isBeside: true },
      ],
      effect: ({ now }) => {
        if (
          encryptsSymmetrically(former.spec) !== encryptsSymmetrically(key.spec) ||
          former.usage !== key.usage
        ) {
          throw validation(
            `Alias ${name} can only move to a key of the same type and usage (${former.usage}): ` +
              'delete it and create it anew.',
          );
        }
        if (former.id !== key.id) checkRoom(kms, key.id);
        kms.aliases.point(name, key.id, now);
        return { responseElements: { keyId: key.arn } };
      },
    };
  },
});

export const deleteAlias = operation({
  schema: z.object({ AliasName: aliasName }),
  readOnly: false,
  resolve: (kms, { AliasName: name }) => {
    checkName(name);
    const key = existingKey(kms, existingAlias(kms, name).keyId);
    return {
      touches: [
        { kind: 'alias', arn: aliasArn(kms.account, name) },
        { kind: 'key', kms, key },
      ],
      effect: () => {
        kms.aliases.delete(name);
        return { responseElements: { keyId: key.arn } };
      },
    };
  },
});

export const listAliases = operation({
  schema: z.object({ KeyId: keyId.optional(), ...pagination(50, 100) }),
  readOnly: true,
  resolve: (kms, input) => ({
    // IAM alone decides who may list aliases, also those of one key.
    touches: [{ kind: 'account' }],
    effect: () => {
      const aliases = input.KeyId === undefined ? kms.aliases.list() : aliasesOf(kms, input.KeyId);
      const { items, position } = pageOf(aliases, (alias) => alias.name, input);
      return { output: { Aliases: items.map((alias) => listEntry(kms, alias)), ...position } };
    },
  }),
});

function aliasesOf(kms: Kms, reference: string): Alias[] {
  const resolved = resolveKey(kms, reference, 'key');
  refuseOtherAccounts(kms.account, resolved);
  return kms.aliases.ofKey(resolved.key.id);
}

function listEntry(kms: Kms, { name, keyId: target, createdAt, updatedAt }: Alias) {
  return {
    AliasName: name,
    AliasArn: aliasArn(kms.account, name),
    TargetKeyId: target,
    CreationDate: epochSeconds(createdAt),
    LastUpdatedDate: epochSeconds(updatedAt),
  };
}

function checkName(name: string): void {
  if (!name.startsWith('alias/')) {
    throw validation(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name.startsWith('alias/aws/')) {
    throw new ServiceError(
      'InvalidAliasNameException',
      'Aliases that begin with "alias/aws/" are reserved for AWS managed keys.',
    );
  }
}

function existingAlias(kms: Kms, name: string): Alias {
  const alias = kms.aliases.find(name);
  if (alias === undefined) throw notFound(`Alias ${aliasArn(kms.account, name)} is not found.`);
  return alias;
}

function checkRoom(kms: Kms, id: string): void {
  if (kms.aliases.ofKey(id).length >= ALIASES_PER_KEY) {
    throw limitExceeded(`The key has ${ALIASES_PER_KEY} aliases, and cannot have more.`);
  }
}
