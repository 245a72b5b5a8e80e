import type { TestProject } from 'vitest/node';
import { functionPrincipals } from '../local/stage/function-principals.ts';
import { type LocalAws, type LocalAwsAddresses, startLocalAws } from '../local/stage/local-aws.ts';
import { stopwatchLines } from '../local/stage/progress.ts';
import { beImperfect, kmsIsImperfect } from './imperfection.ts';

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

/** Where KMS is imperfect, it is so to Keyward's functions; who uses a key, or meddles with it, finds it at its best. */
async function start(): Promise<LocalAws> {
  const localAws = await startLocalAws({ purpose: 'test', progress: stopwatchLines(process.stderr) });
  if (kmsIsImperfect) {
    const functions = await functionPrincipals(localAws.endpoint);
    await beImperfect(
      localAws.kmsUrl,
      functions.map(({ arn }) => arn),
      { reads: 3, probability: 0.3 },
    );
  }
  return localAws;
}

/** Vitest's globalSetup: starts the local AWS for the first project that asks, and ends it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (registry[sharedKey] ??= {
    running: start(),
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
