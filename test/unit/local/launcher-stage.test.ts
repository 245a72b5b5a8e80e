import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import {
  CloudFormationClient,
  CreateStackCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../../local/ministack/free-port.ts';
import { type MiniStack, startMiniStack } from '../../../local/ministack/ministack.ts';
import { clientConfig, commandEnvironment } from '../../../local/stage/account.ts';
import { functionPrincipals, registerPrincipals } from '../../../local/stage/function-principals.ts';
import { MAIL_SENDER, verifySender } from '../../../local/stage/mail.ts';

const assumedByLambda = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};
const allow = (action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
});
const lambdaFunction = (name: string, variables: Record<string, string>) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName: name,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
    Code: { ZipFile: 'exports.handler = async () => 1' },
    Environment: { Variables: variables },
  },
});
const template = {
  Resources: {
    Shared: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: allow('kms:ListAliases') } },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: 'steps',
        AssumeRolePolicyDocument: assumedByLambda,
        ManagedPolicyArns: [{ Ref: 'Shared' }],
        Policies: [{ PolicyName: 'keys', PolicyDocument: allow('kms:CreateKey') }],
      },
    },
    Named: lambdaFunction('create-version', { AWS_SDK_UA_APP_ID: 'keyward-create' }),
    Nameless: lambdaFunction('plain', { LEVEL: 'info' }),
  },
};

let folder: string;
let ministack: MiniStack;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-stage-'));
  ministack = await startMiniStack({ folder });
}, 60_000);
afterAll(async () => {
  await ministack.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the functions with an app id are found with their role and all its policies', async () => {
  const client = new CloudFormationClient(clientConfig(ministack.url));
  await client.send(new CreateStackCommand({ StackName: 'Roles', TemplateBody: JSON.stringify(template) }));
  await waitUntilStackCreateComplete({ client, maxWaitTime: 20, minDelay: 1 }, { StackName: 'Roles' });
  expect(await functionPrincipals(ministack.url)).toEqual([
    {
      appId: 'keyward-create',
      arn: 'arn:aws:sts::000000000000:assumed-role/steps/create-version',
      policies: [allow('kms:CreateKey'), allow('kms:ListAliases')],
    },
  ]);
}, 30_000);

test('the sender of mail is one that SES accepts once it is verified', async () => {
  const send = () =>
    new SESv2Client(clientConfig(ministack.url)).send(
      new SendEmailCommand({
        FromEmailAddress: MAIL_SENDER,
        Destination: { ToAddresses: ['bob@example.test'] },
        Content: { Simple: { Subject: { Data: 'subject' }, Body: { Text: { Data: 'text' } } } },
      }),
    );
  await expect(send()).rejects.toThrow('Email address is not verified');
  await verifySender(ministack.url);
  expect((await send()).MessageId).toBeDefined();
});

test('principals are registered one by one, and a refusal names the one', async () => {
  const received: unknown[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push(await json(request));
    response.writeHead(received.length === 1 ? 200 : 400).end('{"message":"not this one"}');
  };
  const server = createServer((request, response) => void take(request, response));
  const url = await listen(server);
  const principal = (appId: string) => ({ appId, arn: `arn:${appId}`, policies: [] });
  await expect(registerPrincipals(url, [principal('a'), principal('b')])).rejects.toThrow(
    'PRINCIPAL_REFUSED: the local KMS refuses arn:b: {"message":"not this one"}',
  );
  expect(received).toEqual([principal('a'), principal('b')]);
  server.close();
});

test("a command sees the local AWS and nothing of the caller's own AWS settings", () => {
  process.env.AWS_PROFILE = 'work';
  process.env.CDK_DEFAULT_ACCOUNT = '123456789012';
  try {
    const environment = commandEnvironment('http://127.0.0.1:1', '/run/folder');
    expect(environment).toMatchObject({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1', HOME: '/run/folder' });
    expect(Object.keys(environment)).not.toContain('AWS_PROFILE');
    expect(Object.keys(environment)).not.toContain('CDK_DEFAULT_ACCOUNT');
  } finally {
    delete process.env.AWS_PROFILE;
    delete process.env.CDK_DEFAULT_ACCOUNT;
  }
});

async function listen(server: Server): Promise<string> {
  const port = await findFreePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${port}`;
}
