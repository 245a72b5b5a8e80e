import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { ControlRoutes } from '../protocol/control-routes.ts';
import { bytes } from '../protocol/json-types.ts';
import {
  accessKeyId,
  rawSecretAccessKey,
  uriEndpoint,
  uriPath,
  vpcEndpointServiceName,
  vpcEndpointServiceOwner,
  xksKeyId,
} from './fields.ts';
import { BEHAVIOURS, type ExternalKey, type XksProxies, type XksProxy } from './proxies.ts';

const MATERIAL_BYTES = 32;

const proxySchema = z.strictObject({
  uriEndpoint,
  uriPath,
  accessKeyId,
  rawSecretAccessKey,
  connectivity: z
    .union([
      z.literal('PUBLIC_ENDPOINT').transform(() => null),
      z.strictObject({
        vpcEndpointServiceName,
        vpcEndpointServiceOwner: vpcEndpointServiceOwner.nullable().default(null),
        allowsKms: z.boolean().default(true),
        meetsRequirements: z.boolean().default(true),
      }),
    ])
    .default(null),
  keys: z
    .array(
      z.strictObject({
        id: xksKeyId,
        keySpec: z.string().default('AES_256'),
        keyUsage: z.array(z.string()).default(['ENCRYPT', 'DECRYPT']),
        status: z.string().default('ENABLED'),
        /** For the same key behind another proxy. */
        material: bytes(MATERIAL_BYTES, MATERIAL_BYTES).optional(),
      }),
    )
    .default([]),
  behaviour: z.enum(BEHAVIOURS).nullable().default(null),
});

/**
 * `POST /_local/xks/proxies` tells of an external key store proxy, or tells anew; `DELETE` takes it away, with its keys. A key
 * that the proxy had keeps its material.
 */
export function xksProxyRoutes(proxies: XksProxies): ControlRoutes {
  return {
    'POST /_local/xks/proxies': ({ body }) => {
      const { connectivity: service, keys, ...proxy } = proxySchema.parse(body);
      const known = proxies.find(proxy)?.keys ?? [];
      const put = {
        ...proxy,
        service,
        keys: keys.map(({ id, keySpec, keyUsage, status, material }) => ({
          id,
          keySpec,
          keyUsage,
          status,
          material: (material ?? knownMaterial(id, known) ?? randomBytes(MATERIAL_BYTES)).toString('base64'),
        })),
      };
      proxies.put(put);
      return shown(put);
    },
    'DELETE /_local/xks/proxies': ({ body }) => {
      proxies.delete(z.strictObject({ uriEndpoint, uriPath }).parse(body));
      return {};
    },
  };
}

function knownMaterial(id: string, known: readonly ExternalKey[]): Buffer | undefined {
  const same = known.find((key) => key.id === id);
  return same && Buffer.from(same.material, 'base64');
}

/** Without what is secret. */
function shown(proxy: XksProxy) {
  return {
    uriEndpoint: proxy.uriEndpoint,
    uriPath: proxy.uriPath,
    accessKeyId: proxy.accessKeyId,
    connectivity: proxy.service ?? 'PUBLIC_ENDPOINT',
    keys: proxy.keys.map(({ id, keySpec, keyUsage, status }) => ({ id, keySpec, keyUsage, status })),
    behaviour: proxy.behaviour,
  };
}
