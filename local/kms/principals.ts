import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import type { Account } from './account.ts';
import { parseIdentityPolicy } from './authorization/policy-document.ts';
import type { ControlRoutes } from './control-routes.ts';
import { ServiceError } from './errors.ts';
import type { Kms } from './kms.ts';
import { type Principal, principalOf } from './principal.ts';

/** A principal, the access key that it called with, and the account and Region that it called. */
export interface Caller {
  readonly account: Account;
  readonly principal: Principal;
  readonly accessKeyId: string;
}

const registrationSchema = z
  .strictObject({
    accessKeyId: z.string().min(1).optional(),
    appId: z.string().min(1).max(50).optional(),
    arn: z.string(),
    policies: z.array(z.unknown()).optional(),
  })
  .refine(({ accessKeyId, appId }) => (accessKeyId === undefined) !== (appId === undefined), {
    error: 'Give accessKeyId or appId, one of them.',
  });

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
  readonly #clock: Kms['clock'];

  constructor(accountId: string, clock: Kms['clock']) {
    this.#clock = clock;
    this.#byAccessKey.set('test', principalOf(`arn:aws:iam::${accountId}:root`, this.#now()));
  }

  /**
   * Throws UnrecognizedClientException when the credentials are of nobody that was registered,
   * MissingAuthenticationTokenException without any, and IncompleteSignatureException when they do not say whose they are.
   */
  identify(headers: IncomingHttpHeaders): Caller {
    const { accessKeyId, region } = credentialOf(headers.authorization ?? '');
    const appId = APP_ID.exec(headers['user-agent'] ?? '')?.groups?.appId;
    const principal =
      (appId === undefined ? undefined : this.#byAppId.get(appId)) ?? this.#byAccessKey.get(accessKeyId);
    if (principal === undefined) {
      throw new ServiceError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    }
    return { account: { accountId: principal.accountId, region }, principal, accessKeyId };
  }

  /**
   * `POST /_local/principals` `{accessKeyId | appId, arn, policies?}` registers a principal, or replaces it.
   * Without policies it is a full administrator, limited by key policies only.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/principals': ({ body }) => {
        const { accessKeyId, appId, arn, policies } = registrationSchema.parse(body);
        const principal = principalOf(arn, this.#now(), policies?.map(parseIdentityPolicy));
        if (accessKeyId !== undefined) this.#byAccessKey.set(accessKeyId, principal);
        if (appId !== undefined) this.#byAppId.set(appId, principal);
        return { arn: principal.arn, kind: principal.kind };
      },
    };
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}

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
