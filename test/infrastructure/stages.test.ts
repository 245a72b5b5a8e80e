import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { lambdaIds } from '../../lib/lambda-entries.ts';
import { outputNames } from '../../lib/outputs.ts';
import { deployed, local, localSettings, ownSettings, synthesise } from './synthesis.ts';

const functionSchema = z.object({
  Properties: z.object({
    Runtime: z.string(),
    Architectures: z.array(z.string()),
    Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  }),
});

function functionsOf(template: Template) {
  return Object.values(template.findResources('AWS::Lambda::Function')).map(
    (found) => functionSchema.parse(found).Properties,
  );
}

const localVariables = [
  'AWS_ENDPOINT_URL_IDENTITYSTORE',
  'AWS_ENDPOINT_URL_KMS',
  'AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API',
  'AWS_SDK_UA_APP_ID',
  'KEYWARD_LOCAL_CLOCK_URL',
];

describe('the settings', () => {
  it('may be left out for a look at the template, which says so', () => {
    const { annotations } = synthesise({});
    annotations.hasWarning(
      '/Keyward',
      Match.stringLikeRegexp(
        'examples: issuer, audience, identityStoreId, mailFrom\\. Give your own before you deploy',
      ),
    );
  });

  it('are not warned about when they are given', () => {
    expect(synthesise(ownSettings).annotations.findWarning('*', Match.anyValue())).toEqual([]);
  });

  it.each([
    ['issuer', 'http://sign-in.keyward.test', 'must be an https URL'],
    ['identityStoreId', 'd-1', 'must be the id of an identity store'],
    ['mailFrom', 'Keyward', 'Invalid email'],
    ['breakGlassRoleArn', 'arn:aws:iam::1:user/x', 'must be the ARN of an IAM role'],
    ['protectedKeyArns', 'alias/own', 'must be ARNs of KMS keys'],
    ['stage', 'production', 'Invalid discriminator'],
  ])('are refused with the reason: %s', (name, value, reason) => {
    expect(() => synthesise({ ...ownSettings, [name]: value })).toThrow(
      new RegExp(`SETTINGS_INVALID[^]*${name}[\\w.]*: .*${reason}`),
    );
  });

  it('leave Slack out without its two settings, and want both', () => {
    const { slackTeamId: _team, slackSecretArn: _secret, ...without } = ownSettings;
    const { template } = synthesise(without);
    expect(JSON.stringify(template.toJSON())).not.toContain('Slack');
    expect(() => synthesise({ ...without, slackTeamId: 'T0123456789' })).toThrow(
      /SETTINGS_INVALID.*together/,
    );
  });

  it('need to know the local KMS, clock and gateway on the local stage', () => {
    const { localKmsUrl: _left, ...rest } = localSettings;
    expect(() => synthesise(rest)).toThrow(/localKmsUrl/);
  });

  it('reach whom they are for', () => {
    const breakGlassRoleArn = 'arn:aws:iam::111122223333:role/break-glass';
    const { template } = synthesise({ ...ownSettings, breakGlassRoleArn, alertMail: 'on-call@keyward.test' });
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'on-call@keyward.test',
    });
    const told = functionsOf(template).filter(({ Environment }) =>
      JSON.stringify(Environment.Variables['MANAGED_KEY_ROLES'] ?? '').includes(breakGlassRoleArn),
    );
    expect(told).toHaveLength(3);
  });
});

describe('the deployed stage', () => {
  it('knows nothing of the local one', () => {
    const text = JSON.stringify(deployed().toJSON());
    for (const name of [...localVariables, 'keyward.local', '127.0.0.1', 'localhost', '_user_request_']) {
      expect(text).not.toContain(name);
    }
  });

  it('has every Lambda, on Node 24 and arm64', () => {
    const functions = functionsOf(deployed());
    expect(functions).toHaveLength(lambdaIds.length);
    for (const { Runtime, Architectures } of functions) {
      expect([Runtime, ...Architectures]).toEqual(['nodejs24.x', 'arm64']);
    }
  });

  it('sends approvers to the page behind the door for people', () => {
    const url = functionsOf(deployed())
      .map(({ Environment }) => Environment.Variables['PORTAL_URL'])
      .find((value) => value !== undefined);
    expect(url).toEqual(deployed().findOutputs('PortalUrl')['PortalUrl']?.Value);
    expect(JSON.stringify(url)).toMatch(/PeopleApi.*execute-api.*\/api\/portal/);
  });
});

describe('the local stage', () => {
  it('tells every Lambda where KMS and the clock are, and who it is', () => {
    const functions = functionsOf(local());
    for (const { Environment } of functions) {
      expect(Object.keys(Environment.Variables)).toEqual(expect.arrayContaining(localVariables));
      expect(Environment.Variables['AWS_ENDPOINT_URL_KMS']).toBe(localSettings.localKmsUrl);
    }
    const told = functions.map(({ Environment }) => String(Environment.Variables['AWS_SDK_UA_APP_ID']));
    expect(told.toSorted()).toEqual([...lambdaIds].toSorted());
  });

  it('hears the local KMS on the bus', () => {
    local().hasResourceProperties('AWS::Events::Rule', {
      EventPattern: Match.objectLike({ source: ['aws.kms', 'keyward.local.cloudtrail'] }),
    });
  });

  it('leaves out the trail and the approval key, and nothing else', () => {
    const left = ['AWS::CloudTrail::Trail', 'AWS::KMS::Key'];
    const typesOf = (template: Template) =>
      Object.values(template.toJSON().Resources as Record<string, { Type: string }>)
        .map(({ Type }) => Type)
        .filter((type) => !left.includes(type))
        .toSorted();
    for (const type of left) local().resourceCountIs(type, 0);
    expect(typesOf(local())).toEqual(typesOf(deployed()));
  });

  it('has the outputs that its users know by name, as the deployed stage has', () => {
    for (const template of [local(), deployed()]) {
      expect(Object.keys(template.findOutputs('*')).toSorted()).toEqual([...outputNames].toSorted());
    }
  });
});
