import * as z from 'zod';
import type { Account } from './account.ts';
import { identityPolicy } from './authorization/policy-document.ts';
import { ServiceError } from './errors.ts';
import type { Kms } from './kms.ts';
import { type Principal, principalOf, servicePrincipal } from './principal.ts';
import type { ControlRoutes } from './protocol/control-routes.ts';
import type { AwsRequest } from './service.ts';

/** Of a session, for as long as it lasts. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly sessionToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A principal, the access key that it called with, and the account and Region that it called. */
export interface Caller {
  readonly account: Account;
  readonly principal: Principal;
  readonly accessKeyId: string;
}

const tags = z.record(z.string().min(1).max(128), z.string().max(256));

const registrationSchema = z
  .strictObject({
    accessKeyId: z.string().min(1).optional(),
    appId: z.string().min(1).max(50).optional(),
    arn: z.string().optional(),
    policies: z.array(identityPolicy).optional(),
    permissionsBoundary: identityPolicy.optional(),
    sessionPolicies: z.array(identityPolicy).min(1).optional(),
    tags: tags.default({}),
    sessionTags: tags.default({}),
    mfa: z.boolean().default(false),
    organizationId: z.string().startsWith('o-').optional(),
    viaService: z
      .string()
      .regex(/^[a-z0-9-]+\.[a-z0-9-]+\.amazonaws\.com$/)
      .optional(),
    service: z
      .string()
      .regex(/^[a-z0-9.-]+\.amazonaws\.com$/)
      .optional(),
    sourceArn: z.string().startsWith('arn:').optional(),
  })
  .refine(({ accessKeyId, appId }) => (accessKeyId === undefined) !== (appId === undefined), {
    error: 'Give accessKeyId or appId, one of them.',
  })
  .refine(({ arn, service }) => (arn === undefined) !== (service === undefined), {
    error: 'Give arn or service, one of them.',
  });

type Registration = z.infer<typeof registrationSchema>;

/** `Credential=<access key id>/<date>/<Region>/<service>/aws4_request` of a SigV4 signature. */
const CREDENTIAL =
  /Credential=(?<accessKeyId>[^/,\s]+)\/\d{8}\/(?<region>[a-z0-9-]+)\/[a-z0-9-]+\/aws4_request/;
/** The Powertools of a Lambda append `-PT-...` to the app id that the function was given. */
const APP_ID = /(?:^|\s)app\/(?<appId>\S+?)(?:-PT-\S*)?(?:\s|$)/;

/**
 * Who calls. An app id in the SDK's User-Agent names a caller before its access key does, since every Lambda
 * of the local AWS signs with the same access key. The access key `test` is the account root.
 */
export class Principals {
  readonly #byAccessKey = new Map<string, Principal>();
  readonly #byAppId = new Map<string, Principal>();
  readonly #sessions = new Map<string, Credentials>();
  readonly #accountId: string;
  readonly #clock: Kms['clock'];

  constructor(accountId: string, clock: Kms['clock']) {
    this.#accountId = accountId;
    this.#clock = clock;
    this.#byAccessKey.set('test', principalOf(`arn:aws:iam::${accountId}:root`, this.#now()));
  }

  /**
   * Throws UnrecognizedClientException when the credentials are of nobody that was registered,
   * MissingAuthenticationTokenException without any, IncompleteSignatureException when they do not say whose they are, and
   * ExpiredTokenException when the session that they are of is over.
   */
  identify({ headers, sourceIPAddress }: Pick<AwsRequest, 'headers' | 'sourceIPAddress'>): Caller {
    const { accessKeyId, region } = credentialOf(headers.authorization ?? '');
    const userAgent = headers['user-agent'] ?? '';
    const appId = APP_ID.exec(userAgent)?.groups?.appId;
    const principal =
      (appId === undefined ? undefined : this.#byAppId.get(appId)) ?? this.#byAccessKey.get(accessKeyId);
    if (principal === undefined) throw invalidToken();
    this.#checkSession(accessKeyId, headers['x-amz-security-token']);
    const origin = { sourceIPAddress, userAgent, time: this.#now() };
    return {
      account: { accountId: principal.accountId, region },
      principal: { ...principal, origin },
      accessKeyId,
    };
  }

  /**
   * `POST /_local/principals` registers a principal under an access key or an app id, or replaces it:
   * - `{arn, policies?, permissionsBoundary?, sessionPolicies?, tags?, sessionTags?, mfa?, organizationId?, viaService?}`:
   *   a root, a user or a session of a role. Without policies it is a full administrator, limited by key policies
   *   and by its boundary and session policies only. With viaService that service calls for it.
   * - `{service, sourceArn?}`: a service that calls by itself.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/principals': ({ body }) => {
        const registration = registrationSchema.parse(body);
        const { accessKeyId, appId } = registration;
        const principal = this.#principalOf(registration);
        if (accessKeyId !== undefined) this.#byAccessKey.set(accessKeyId, principal);
        if (appId !== undefined) this.#byAppId.set(appId, principal);
        return { arn: principal.arn, kind: principal.kind };
      },
    };
  }

  /** Makes the credentials of a new session known. */
  addSession(credentials: Credentials, principal: Principal): void {
    this.#sessions.set(credentials.accessKeyId, credentials);
    this.#byAccessKey.set(credentials.accessKeyId, principal);
  }

  #checkSession(accessKeyId: string, token: unknown): void {
    const session = this.#sessions.get(accessKeyId);
    if (session === undefined) return;
    if (token !== session.sessionToken) throw invalidToken();
    if (this.#now() < session.expiresAt) return;
    throw new ServiceError('ExpiredTokenException', 'The security token included in the request is expired');
  }

  #principalOf({ arn, service, sourceArn, tags, sessionTags, mfa, ...traits }: Registration): Principal {
    const now = this.#now();
    if (service !== undefined) {
      const accountId = sourceArn?.split(':')[4] ?? '';
      return servicePrincipal(service, accountId === '' ? this.#accountId : accountId, now, { sourceArn });
    }
    return principalOf(arn ?? '', now, {
      ...traits,
      sourceArn,
      tags: { ...tags, ...sessionTags },
      mfaAt: mfa ? now : undefined,
    });
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

const invalidToken = () =>
  new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');

/** The signature itself is not looked at. */
function credentialOf(authorization: string): { readonly accessKeyId: string; readonly region: string } {
  if (!authorization.startsWith('AWS4-')) {
    throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const { accessKeyId, region } = CREDENTIAL.exec(authorization)?.groups ?? {};
  if (accessKeyId === undefined || region === undefined) {
    throw new ServiceError(
      'IncompleteSignatureException',
      `Authorization header requires 'Credential' parameter. Authorization=${authorization}`,
    );
  }
  return { accessKeyId, region };
}
