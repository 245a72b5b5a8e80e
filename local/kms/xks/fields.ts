import * as z from 'zod';
import { text } from '../protocol/json-types.ts';

/** What names an external key store proxy, with the limits of AWS's API model. */

export const uriEndpoint = text(10, 128, '^https://[a-zA-Z0-9.-]+$');

export const uriPath = text(10, 128, '^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$');

export const vpcEndpointServiceName = text(
  20,
  64,
  '^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$',
);

export const vpcEndpointServiceOwner = text(12, 12, '[0-9]{12}');

export const accessKeyId = text(20, 30, '^[A-Z2-7]+$');

export const rawSecretAccessKey = text(43, 64, '^[a-zA-Z0-9\\/+=]+$');

export const connectivity = z.enum(['PUBLIC_ENDPOINT', 'VPC_ENDPOINT_SERVICE']);

export const xksKeyId = text(1, 128, '^[a-zA-Z0-9-_.]+$');
