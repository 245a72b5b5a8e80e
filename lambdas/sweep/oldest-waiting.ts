import type { Registry } from '../adapters/registry/registry.ts';

/** How long the oldest request has waited for its approval, in whole seconds; 0 when none waits. */
export async function oldestWaiting(registry: Pick<Registry, 'listRequests'>, now: string): Promise<number> {
  // By id, and so by age.
  const { items } = await registry.listRequests({ state: 'awaiting-approval' }, { limit: 1 });
  const [oldest] = items;
  return oldest === undefined
    ? 0
    : Math.max(0, Math.floor((Date.parse(now) - Date.parse(oldest.createdAt)) / 1000));
}
