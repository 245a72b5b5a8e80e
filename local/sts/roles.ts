import * as z from 'zod';
import { parseKeyPolicy } from '../kms/authorization/key-policy.ts';
import { identityPolicy, type PolicyDocument } from '../kms/authorization/policy-document.ts';
import type { ControlRoutes } from '../kms/protocol/control-routes.ts';

/** A role that can be assumed. */
export interface Role {
  /** `arn:aws:iam::ACCOUNT:role/PATH/NAME`. */
  readonly arn: string;
  readonly accountId: string;
  readonly name: string;
  /** Who may assume it, as JSON text. */
  readonly trustPolicy: string;
  readonly policies: readonly PolicyDocument[] | undefined;
  readonly permissionsBoundary: PolicyDocument | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly organizationId: string | undefined;
  readonly maxSessionSeconds: number;
}

const ARN = /^arn:aws:iam::(?<accountId>\d{12}):role\/(?:[\w+=,.@-]+\/)*(?<name>[\w+=,.@-]+)$/;

const registrationSchema = z.strictObject({
  arn: z.string().regex(ARN, { error: 'This is not the ARN of a role.' }),
  trustPolicy: z.unknown().transform(trustPolicyText),
  policies: z.array(identityPolicy).optional(),
  permissionsBoundary: identityPolicy.optional(),
  tags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
  organizationId: z.string().startsWith('o-').optional(),
  /** Seconds. */
  maxSessionDuration: z.int().min(3600).max(43_200).default(3600),
});

/** The roles that the local STS lets others assume. */
export class Roles {
  readonly #byArn = new Map<string, Role>();

  find(arn: string): Role | undefined {
    return this.#byArn.get(arn);
  }

  /**
   * `POST /_local/roles` `{arn, trustPolicy, policies?, permissionsBoundary?, tags?, organizationId?, maxSessionDuration?}`
   * makes a role, or replaces it. Without policies its sessions are full administrators.
   */
  routes(): ControlRoutes {
    return {
      'POST /_local/roles': ({ body }) => {
        const { arn, maxSessionDuration, ...given } = registrationSchema.parse(body);
        const { accountId = '', name = '' } = ARN.exec(arn)?.groups ?? {};
        const { trustPolicy, policies, permissionsBoundary, tags, organizationId } = given;
        this.#byArn.set(arn, {
          arn,
          accountId,
          name,
          trustPolicy,
          policies,
          permissionsBoundary,
          tags,
          organizationId,
          maxSessionSeconds: maxSessionDuration,
        });
        return { arn };
      },
    };
  }
}

/** A trust policy is of its role, and names no resource. Throws MalformedPolicyDocumentException. */
function trustPolicyText(given: unknown): string {
  const policy = parseKeyPolicy(JSON.stringify(given ?? null));
  return JSON.stringify({
    ...policy,
    Statement: policy.Statement.map((statement) => Object.assign({ Resource: '*' }, statement)),
  });
}
