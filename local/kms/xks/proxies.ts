import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';

/** A key of the external key manager behind the proxy. */
const externalKeySchema = z.object({
  id: z.string(),
  keySpec: z.string(),
  keyUsage: z.array(z.string()),
  status: z.string(),
  /** 32 bytes in base64, which AWS KMS never sees. */
  material: z.string(),
});

export type ExternalKey = Readonly<z.infer<typeof externalKeySchema>>;

/** How a proxy fails every request. */
export const BEHAVIOURS = [
  'unreachable',
  'times-out',
  'bad-tls',
  'denies-access',
  'wrong-answer',
  'manager-unavailable',
] as const;

/** The VPC endpoint service through which a proxy is reached. */
const serviceSchema = z.object({
  vpcEndpointServiceName: z.string(),
  /** Null for one of whatever account asks. */
  vpcEndpointServiceOwner: z.string().nullable(),
  /** AWS KMS is among its allowed principals. */
  allowsKms: z.boolean(),
  /** It is what AWS KMS requires of one: subnets, load balancer, a verified private DNS name. */
  meetsRequirements: z.boolean(),
});

const proxySchema = z.object({
  uriEndpoint: z.string(),
  uriPath: z.string(),
  accessKeyId: z.string(),
  rawSecretAccessKey: z.string(),
  /** Null for a proxy with a public endpoint. */
  service: serviceSchema.nullable(),
  keys: z.array(externalKeySchema),
  /** Null for a proxy that is well. */
  behaviour: z.enum(BEHAVIOURS).nullable(),
});

export type XksProxy = Readonly<z.infer<typeof proxySchema>>;

type ProxyUri = Pick<XksProxy, 'uriEndpoint' | 'uriPath'>;

/** The external key store proxies that there are, outside of AWS: of no account and no Region. */
export class XksProxies {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  put(proxy: XksProxy): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO xksProxies (uri, proxy) VALUES (?, ?)')
      .run(uriOf(proxy), JSON.stringify(proxy));
  }

  find(uri: ProxyUri): XksProxy | undefined {
    return this.list().find((proxy) => uriOf(proxy) === uriOf(uri));
  }

  list(): XksProxy[] {
    return this.#database
      .prepare('SELECT proxy FROM xksProxies ORDER BY rowid')
      .all()
      .map(({ proxy }) => proxySchema.parse(JSON.parse(String(proxy))));
  }

  delete(uri: ProxyUri): void {
    this.#database.prepare('DELETE FROM xksProxies WHERE uri = ?').run(uriOf(uri));
  }
}

/** An endpoint has no slash: an endpoint and a path are one URI in one way only. */
function uriOf({ uriEndpoint, uriPath }: ProxyUri): string {
  return uriEndpoint + uriPath;
}
