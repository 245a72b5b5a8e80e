import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { scopeOf } from './scope.ts';

export const CONNECTION_STATES = [
  'CONNECTED',
  'CONNECTING',
  'DISCONNECTED',
  'DISCONNECTING',
  'FAILED',
] as const;

export const CONNECTION_ERROR_CODES = [
  'CLUSTER_NOT_FOUND',
  'INSUFFICIENT_CLOUDHSM_HSMS',
  'INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET',
  'INVALID_CREDENTIALS',
  'NETWORK_ERRORS',
  'SUBNET_NOT_FOUND',
  'USER_LOCKED_OUT',
  'USER_LOGGED_IN',
  'USER_NOT_FOUND',
  'XKS_PROXY_ACCESS_DENIED',
  'XKS_PROXY_INVALID_CONFIGURATION',
  'XKS_PROXY_INVALID_RESPONSE',
  'XKS_PROXY_INVALID_TLS_CONFIGURATION',
  'XKS_PROXY_NOT_REACHABLE',
  'XKS_PROXY_TIMED_OUT',
  'XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION',
  'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND',
] as const;

export type ConnectionErrorCode = (typeof CONNECTION_ERROR_CODES)[number];

/** How AWS KMS gets into the HSMs of a cluster. */
const hsmAccessSchema = z.object({
  type: z.literal('AWS_CLOUDHSM'),
  clusterId: z.string(),
  /** PEM. */
  trustAnchor: z.string(),
  /** Of the crypto user `kmsuser`: what AWS KMS was told, or has set itself. */
  password: z.string(),
});

export type HsmAccess = Readonly<z.infer<typeof hsmAccessSchema>>;

/** How AWS KMS reaches an external key store proxy. */
const proxyAccessSchema = z.object({
  type: z.literal('EXTERNAL_KEY_STORE'),
  uriEndpoint: z.string(),
  uriPath: z.string(),
  credential: z.object({ accessKeyId: z.string(), rawSecretAccessKey: z.string() }),
  /** Null for a public endpoint. */
  vpcEndpointService: z.object({ name: z.string(), owner: z.string() }).nullable(),
});

export type ProxyAccess = Readonly<z.infer<typeof proxyAccessSchema>>;

const rowSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Epoch milliseconds. */
  createdAt: z.number(),
  connectionState: z.enum(CONNECTION_STATES),
  /** Null unless the connection failed. */
  connectionErrorCode: z.enum(CONNECTION_ERROR_CODES).nullable(),
  /** When it is connected or disconnected, in epoch milliseconds; null when it is not on its way. */
  settlesAt: z.number().nullable(),
  access: z
    .string()
    .transform((json): unknown => JSON.parse(json))
    .pipe(z.discriminatedUnion('type', [hsmAccessSchema, proxyAccessSchema])),
});

export type CustomKeyStore = Readonly<z.output<typeof rowSchema>>;

export class CustomKeyStores {
  readonly #database: DatabaseSync;
  readonly #scope: string;

  constructor(database: DatabaseSync, account: Account) {
    this.#database = database;
    this.#scope = scopeOf(account);
  }

  insert(store: CustomKeyStore): void {
    this.#database
      .prepare(
        `INSERT INTO customKeyStores
           (scope, id, name, createdAt, connectionState, connectionErrorCode, settlesAt, access)
         VALUES ($scope, $id, $name, $createdAt, $connectionState, $connectionErrorCode, $settlesAt, $access)`,
      )
      .run({ scope: this.#scope, ...store, access: JSON.stringify(store.access) });
  }

  find(id: string): CustomKeyStore | undefined {
    return this.list().find((store) => store.id === id);
  }

  /** The oldest first. */
  list(): CustomKeyStore[] {
    return this.#database
      .prepare('SELECT * FROM customKeyStores WHERE scope = ? ORDER BY rowid')
      .all(this.#scope)
      .map((row) => rowSchema.parse(row));
  }

  update(store: CustomKeyStore): void {
    const { createdAt: _, ...changeable } = store;
    this.#database
      .prepare(
        `UPDATE customKeyStores SET name = $name, connectionState = $connectionState,
           connectionErrorCode = $connectionErrorCode, settlesAt = $settlesAt, access = $access
         WHERE scope = $scope AND id = $id`,
      )
      .run({ scope: this.#scope, ...changeable, access: JSON.stringify(store.access) });
  }

  delete(id: string): void {
    this.#database.prepare('DELETE FROM customKeyStores WHERE scope = ? AND id = ?').run(this.#scope, id);
  }
}
