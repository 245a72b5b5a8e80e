import { clock } from '#clock';
import { environment } from '../adapters/environment.ts';
import { bundledPolicies } from '../adapters/policy-files.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import { slackCopies } from './copies.ts';
import { slack } from './runtime.ts';

/** What both Lambdas that keep the messages true are wired with. */
export function copiesOfEnvironment(registry: Registry) {
  return slackCopies({
    registry,
    clock,
    notifications: bundledPolicies().notifications,
    slack,
    portalUrl: environment('PORTAL_URL'),
  });
}
