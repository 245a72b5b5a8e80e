import type { TestProject } from 'vitest/node';
import { type LocalAws, type LocalAwsAddresses, startLocalAws } from '../local/stage/local-aws.ts';
import { stopwatchLines } from '../local/stage/progress.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `inject('localAws')` in a workflow or end-to-end test. */
    localAws: LocalAwsAddresses;
  }
}

type Shared = { readonly running: Promise<LocalAws>; users: number };

// Vitest loads this file once for each project that names it; all of them in one process use one local AWS.
const sharedKey = Symbol.for('keyward.test.local-aws');
const registry = globalThis as typeof globalThis & { [sharedKey]?: Shared };

/** Vitest's globalSetup: starts the local AWS for the first project that asks, and ends it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (registry[sharedKey] ??= {
    running: startLocalAws({ purpose: 'test', progress: stopwatchLines(process.stderr) }),
    users: 0,
  });
  shared.users += 1;
  const localAws = await shared.running;
  const { endpoint, kmsUrl, clockUrl, issuer, directoryUrl, slackUrl, outputs } = localAws;
  project.provide('localAws', { endpoint, kmsUrl, clockUrl, issuer, directoryUrl, slackUrl, outputs });
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete registry[sharedKey];
    await localAws.stop();
  };
}
