import { readFileSync } from 'node:fs';
import { Annotations, Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { createKeywardApp } from '../../lib/keyward-app.ts';

const cdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** The flags under which the CDK command synthesises. */
const { context: flags } = cdkJson.parse(
  JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')),
);

const ownSettings = {
  issuer: 'https://sign-in.keyward.test',
  audience: 'keyward',
  mailFrom: 'keyward@keyward.test',
};

const localSettings = {
  stage: 'local',
  issuer: 'http://127.0.0.1:4001',
  localKmsUrl: 'http://127.0.0.1:4002',
  localClockUrl: 'http://127.0.0.1:4002/_local/clock',
  apiBaseUrl: 'http://127.0.0.1:4566',
};

/** Synthesises without code, and with the checks of cdk-nag: a finding that nobody has answered for throws. */
export function synthesise(settings: Readonly<Record<string, string>>) {
  const { app, stack } = createKeywardApp({
    context: { ...flags, 'aws:cdk:bundling-stacks': [], ...settings },
  });
  app.synth();
  return { template: Template.fromStack(stack), annotations: Annotations.fromStack(stack) };
}

let deployedTemplate: Template | undefined;
let localTemplate: Template | undefined;

/** The template for an account, with settings of its own. Made once. */
export function deployed(): Template {
  deployedTemplate ??= synthesise(ownSettings).template;
  return deployedTemplate;
}

/** The template for the local AWS. Made once. */
export function local(): Template {
  localTemplate ??= synthesise(localSettings).template;
  return localTemplate;
}

export { localSettings, ownSettings };
