import type { Principal } from '../domain/principal.ts';
import { actorOf } from '../domain/principal.ts';
import type { Answer } from './answer.ts';
import type { Handler } from './contract.ts';
import type * as contracts from './contracts.ts';
import type { ApiDependencies } from './dependencies.ts';
import { visibleKey } from './visibility.ts';

export function listConsumers(deps: ApiDependencies): Handler<typeof contracts.listConsumers> {
  return ({ principal, path: { keyId } }) => consumersAnswer(deps, principal, keyId);
}

/** The last word on a name counts, so that saying the same twice is the same as once. */
export function registerConsumer(deps: ApiDependencies): Handler<typeof contracts.registerConsumer> {
  return async ({ principal, path: { keyId }, body }) => {
    await visibleKey(deps, principal, keyId);
    const registeredBy = actorOf(principal);
    await deps.registry.putConsumer({ keyId, ...body, registeredBy, registeredAt: await deps.clock() });
    return consumersAnswer(deps, principal, keyId);
  };
}

/** One that is not there is as good as removed. */
export function removeConsumer(deps: ApiDependencies): Handler<typeof contracts.removeConsumer> {
  return async ({ principal, path: { keyId }, body: { name } }) => {
    await visibleKey(deps, principal, keyId);
    const consumer = (await deps.registry.consumersOf(keyId)).find((each) => each.name === name);
    if (consumer !== undefined) {
      await deps.registry.putConsumer({ ...consumer, removedAt: await deps.clock() });
    }
    return consumersAnswer(deps, principal, keyId);
  };
}

async function consumersAnswer(deps: ApiDependencies, principal: Principal, keyId: string): Promise<Answer> {
  await visibleKey(deps, principal, keyId);
  return { status: 200, body: { consumers: await deps.registry.consumersOf(keyId) } };
}
