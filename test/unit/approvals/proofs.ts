import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import type { ApprovalKey } from '../../../lambdas/adapters/approval-key.ts';
import { readAuthorization } from '../../../lambdas/adapters/authorization.ts';
import type { Directory } from '../../../lambdas/adapters/directory.ts';
import type { Passkeys } from '../../../lambdas/adapters/passkeys.ts';
import { decisionText } from '../../../lambdas/domain/digest.ts';
import { BackendBusy, PasskeyInvalid } from '../../../lambdas/domain/errors.ts';
import type { Actor, Principal } from '../../../lambdas/domain/principal.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/a5b1c2d3-0000-4000-8000-00000000a000';

/** An approval key as KMS would be one: P-256, signing the digest of a decision. */
export const approvalKey: ApprovalKey = {
  keyArn,
  sign: async (decision) => ({
    keyArn,
    algorithm: 'ECDSA_SHA_256',
    value: sign('sha256', Buffer.from(decisionText(decision)), privateKey).toString('base64'),
  }),
  publicKey: async () =>
    createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))
      .export({ type: 'spki', format: 'der' })
      .toString('base64'),
};

/** The policies as they are shipped. */
export const authorization = readAuthorization(join(import.meta.dirname, '../../../policies'));

/** For tests that are not about passkeys: there are none. */
export const noPasskeys: Pick<Passkeys, 'signed'> = {
  signed: () => Promise.reject(new PasskeyInvalid('There are no passkeys in this test.')),
};

/** A directory that does not answer. */
export function silentDirectory(): Directory {
  const down = () => Promise.reject(new BackendBusy('Down.'));
  return {
    groupsOf: down,
    personOf: down,
    async *allGroupsOf() {
      yield await down();
    },
    async *membersOf() {
      yield await down();
    },
  };
}

/** A directory that a test fills: it knows whoever was added, with the groups given last. */
export class TestDirectory implements Directory {
  readonly #people = new Map<string, { readonly actor: Actor; readonly groups: readonly string[] }>();

  add(...people: readonly Principal[]): this {
    for (const { id, name, groups } of people) {
      this.#people.set(id, { actor: { kind: 'person', id, name }, groups });
    }
    return this;
  }

  remove(id: string): void {
    this.#people.delete(id);
  }

  async groupsOf(id: string, among: readonly string[]): Promise<readonly string[] | undefined> {
    return this.#people.get(id)?.groups.filter((group) => among.includes(group));
  }

  async *allGroupsOf(id: string): AsyncGenerator<string> {
    yield* this.#people.get(id)?.groups ?? [];
  }

  async personOf(id: string): Promise<Actor | undefined> {
    return this.#people.get(id)?.actor;
  }

  async *membersOf(group: string): AsyncGenerator<Actor> {
    for (const { actor, groups } of this.#people.values()) if (groups.includes(group)) yield actor;
  }
}
