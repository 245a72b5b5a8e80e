import { listConsumers, registerConsumer, removeConsumer } from './consumers.ts';
import * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { exportRequest } from './export.ts';
import { getCertificate, getLedger } from './key-history.ts';
import { cancelDestruction, destroy, reinstate, revoke, rotate } from './key-operations.ts';
import { createKey, getKey, listKeys } from './keys.ts';
import { openApiDocument } from './openapi.ts';
import { cancelRequest, getRequest, listRequests } from './requests.ts';
import { bind, bindOpen, createRouter } from './router.ts';

/** Every route but the approvers' (see `createDecisions`). */
export function createApi(deps: ApiDependencies) {
  return createRouter(
    [
      bind(contracts.createKey, createKey(deps)),
      bind(contracts.listKeys, listKeys(deps)),
      bind(contracts.getKey, getKey(deps)),
      bind(contracts.rotate, rotate(deps)),
      bind(contracts.revoke, revoke(deps)),
      bind(contracts.reinstate, reinstate(deps)),
      bind(contracts.destroy, destroy(deps)),
      bind(contracts.cancelDestruction, cancelDestruction(deps)),
      bind(contracts.getLedger, getLedger(deps)),
      bind(contracts.getCertificate, getCertificate(deps)),
      bind(contracts.listConsumers, listConsumers(deps)),
      bind(contracts.registerConsumer, registerConsumer(deps)),
      bind(contracts.removeConsumer, removeConsumer(deps)),
      bind(contracts.listRequests, listRequests(deps)),
      bind(contracts.getRequest, getRequest(deps)),
      bind(contracts.exportRequest, exportRequest(deps)),
      bind(contracts.cancelRequest, cancelRequest(deps)),
      bindOpen(contracts.getOpenApi, async () => ({ status: 200, body: openApiDocument() })),
    ],
    deps.policies.access,
  );
}
