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
  identityStoreId: 'd-90676c1f2e',
  mailFrom: 'keyward@keyward.test',
  slackTeamId: 'T0123456789',
  slackSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:keyward/slack-AbCdEf',
};

const localSettings = {
  stage: 'local',
  slackTeamId: 'T0LOCAL',
  slackSecretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:keyward/slack-AbCdEf',
  issuer: 'http://127.0.0.1:4001',
  localKmsUrl: 'http://127.0.0.1:4002',
  localClockUrl: 'http://127.0.0.1:4002/_local/clock',
  localSlackUrl: 'http://127.0.0.1:4004/api/',
  localDirectoryUrl: 'http://127.0.0.1:4003',
  localApprovalKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/6f0e5d1c-0000-4000-8000-000000000001',
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
