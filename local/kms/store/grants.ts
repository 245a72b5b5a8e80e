import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { accountOfScope, scopeOf } from './scope.ts';

const context = z.record(z.string(), z.string());

const grantTermsSchema = z.object({
  /** The ARN of the grantee, unless it is a service. */
  granteePrincipal: z.string().optional(),
  granteeServicePrincipal: z.string().optional(),
  retiringPrincipal: z.string().optional(),
  retiringServicePrincipal: z.string().optional(),
  operations: z.array(z.string()),
  constraints: z
    .object({
      encryptionContextSubset: context.optional(),
      encryptionContextEquals: context.optional(),
      /** The resource on whose behalf the grantee must call. */
      sourceArn: z.string().optional(),
    })
    .optional(),
  /** The root of the account that made the grant; left out, it is the account of the key. */
  issuingAccount: z.string().optional(),
  name: z.string().optional(),
});

/** What a grant says; two grants with the same name and the same terms are one grant. */
export type GrantTerms = Readonly<z.infer<typeof grantTermsSchema>>;

/** The terms as they are stored, without members that are undefined: equal terms are deeply equal. */
export function storedTerms(terms: GrantTerms): GrantTerms {
  return grantTermsSchema.parse(JSON.parse(JSON.stringify(terms)));
}

export interface Grant {
  readonly id: string;
  readonly keyId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly terms: GrantTerms;
}

const rowSchema = z.object({ id: z.string(), keyId: z.string(), createdAt: z.number(), terms: z.string() });

const placeSchema = z.object({ scope: z.string(), keyId: z.string() });

function grantOf(row: unknown): Grant {
  const { terms, ...grant } = rowSchema.parse(row);
  return { ...grant, terms: grantTermsSchema.parse(JSON.parse(terms)) };
}

export class Grants {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  insert(grant: Grant): void {
    this.#database
      .prepare('INSERT INTO grants (scope, id, keyId, createdAt, terms) VALUES (?, ?, ?, ?, ?)')
      .run(this.#scope, grant.id, grant.keyId, grant.createdAt, JSON.stringify(grant.terms));
  }

  /** The grant that a token names, which whoever has the token finds at once, whatever else is seen late. */
  ofToken(id: string): Grant | undefined {
    const row = this.#database
      .prepare('SELECT * FROM grants WHERE scope = ? AND id = ?')
      .get(this.#scope, id);
    return row === undefined ? undefined : grantOf(row);
  }

  find(id: string): Grant | undefined {
    return this.ofToken(id);
  }

  ofKey(keyId: string): Grant[] {
    return this.#database
      .prepare('SELECT * FROM grants WHERE scope = ? AND keyId = ?')
      .all(this.#scope, keyId)
      .map(grantOf);
  }

  /** How many grants there are on the key, whatever is seen. */
  count(keyId: string): number {
    const row = this.#database
      .prepare('SELECT count(*) AS count FROM grants WHERE scope = ? AND keyId = ?')
      .get(this.#scope, keyId);
    return z.object({ count: z.number() }).parse(row).count;
  }

  /** The grants on the key with this name, whatever is seen: there may be several, with other terms. */
  named(keyId: string, name: string): Grant[] {
    return this.#database
      .prepare("SELECT * FROM grants WHERE scope = ? AND keyId = ? AND terms ->> 'name' = ?")
      .all(this.#scope, keyId, name)
      .map(grantOf);
  }

  /** The accounts and keys of this Region with a grant that the principal, an ARN or a service, retires. */
  retirableBy(principal: string): { readonly accountId: string; readonly keyId: string }[] {
    const { region } = accountOfScope(this.#scope);
    return this.#database
      .prepare(
        `SELECT DISTINCT scope, keyId FROM grants
         WHERE ? IN (terms ->> 'retiringPrincipal', terms ->> 'retiringServicePrincipal')`,
      )
      .all(principal)
      .map((row) => placeSchema.parse(row))
      .filter(({ scope }) => accountOfScope(scope).region === region)
      .map(({ scope, keyId }) => ({ accountId: accountOfScope(scope).accountId, keyId }));
  }

  delete(id: string): void {
    this.#database.prepare('DELETE FROM grants WHERE scope = ? AND id = ?').run(this.#scope, id);
  }
}
