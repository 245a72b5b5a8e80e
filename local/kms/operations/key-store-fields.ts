import * as z from 'zod';
import { validation } from '../errors.ts';
import {
  accessKeyId,
  connectivity,
  rawSecretAccessKey,
  uriEndpoint,
  uriPath,
  vpcEndpointServiceName,
  vpcEndpointServiceOwner,
} from '../xks/fields.ts';
import { text } from './fields.ts';

/** Those of an AWS CloudHSM key store. */
export const clusterFields = {
  CloudHsmClusterId: text(19, 24, 'cluster-[2-7a-zA-Z]{11,16}').optional(),
  KeyStorePassword: text(7, 32).optional(),
};

/** Those of an external key store. */
export const proxyFields = {
  XksProxyUriEndpoint: uriEndpoint.optional(),
  XksProxyUriPath: uriPath.optional(),
  XksProxyVpcEndpointServiceName: vpcEndpointServiceName.optional(),
  XksProxyVpcEndpointServiceOwner: vpcEndpointServiceOwner.optional(),
  XksProxyAuthenticationCredential: z
    .object({ AccessKeyId: accessKeyId, RawSecretAccessKey: rawSecretAccessKey })
    .optional(),
  XksProxyConnectivity: connectivity.optional(),
};

const proxyInput = z.object(proxyFields);
export type ProxyInput = z.infer<typeof proxyInput>;

const OF_OTHERS = {
  AWS_CLOUDHSM: { members: Object.keys(proxyFields), others: 'external key stores' },
  EXTERNAL_KEY_STORE: {
    members: [...Object.keys(clusterFields), 'TrustAnchorCertificate'],
    others: 'AWS CloudHSM key stores',
  },
} as const;

/** Throws ValidationException when a member is given that is for another type of custom key store. */
export function refuseMembersOfOthers(
  type: keyof typeof OF_OTHERS,
  input: Readonly<Record<string, unknown>>,
): void {
  const { members, others } = OF_OTHERS[type];
  const given = members.find((name) => input[name] !== undefined);
  if (given !== undefined) throw validation(`${given} is for ${others} only.`);
}
