import { readFileSync } from 'node:fs';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { createKeywardApp } from '../lib/keyward-app.ts';

// `node bench/cost.ts`: what Keyward costs a month, item by item, against the floor: the price of the keys themselves.

const price = z.object({ usd: z.number(), checked: z.boolean() });
const prices = z
  .object({ asOf: z.string(), region: z.string(), note: z.string() })
  .catchall(price)
  .parse(JSON.parse(readFileSync(new URL('prices.json', import.meta.url), 'utf8')));

function usd(name: string): number {
  return price.parse(prices[name]).usd;
}

/** The assumed organisation. */
const load = { keys: 500, requestsMonth: 200, apiCallsMonth: 20_000 };

const { context } = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')));
const { app, stack } = createKeywardApp({ context: { ...context, 'aws:cdk:bundling-stacks': [] } });
app.synth();
const template = Template.fromStack(stack);
const count = (type: string): number => Object.keys(template.findResources(type)).length;

const MINUTES_MONTH = 43_800;
const HOURS_MONTH = 730;
const rotationsMonth = load.keys / 12;
const executions = load.requestsMonth + rotationsMonth;

/** Upper bounds for one request of the longest kind, counted in the machines: `rotate` with an approval. */
const perRequest = { transitions: 40, lambdaCalls: 20, kmsCalls: 40, writes: 60, reads: 80 };

/** One run of the sweep reads each shard of the due index once. */
const sweep = { memoryGb: 0.5, seconds: 0.3, reads: 4 };
/** The catch-up of Slack runs every five minutes, and looks at what waits. */
const catchUp = { runsMonth: MINUTES_MONTH / 5, memoryGb: 0.5, seconds: 0.5, reads: 20 };
const step = { memoryGb: 0.5, seconds: 0.5 };

const gbSeconds =
  MINUTES_MONTH * sweep.seconds * sweep.memoryGb +
  catchUp.runsMonth * catchUp.seconds * catchUp.memoryGb +
  executions * perRequest.lambdaCalls * step.seconds * step.memoryGb;
const lambdaCalls =
  MINUTES_MONTH +
  catchUp.runsMonth +
  HOURS_MONTH +
  executions * perRequest.lambdaCalls +
  load.apiCallsMonth * 2;
const reads =
  MINUTES_MONTH * sweep.reads +
  catchUp.runsMonth * catchUp.reads +
  executions * perRequest.reads +
  load.apiCallsMonth * 5;

const items: readonly (readonly [string, number])[] = [
  ['Step Functions', (executions * perRequest.transitions * usd('stepFunctionsPer1000Transitions')) / 1000],
  ['Lambda', (lambdaCalls * usd('lambdaPerMillionRequests')) / 1e6 + gbSeconds * usd('lambdaPerGbSecondArm')],
  ['API Gateway', (load.apiCallsMonth * usd('apiGatewayPerMillionRequests')) / 1e6],
  [
    'DynamoDB',
    // A transaction counts each write twice.
    (executions * perRequest.writes * 2 * usd('dynamoDbPerMillionWrites')) / 1e6 +
      (reads * usd('dynamoDbPerMillionReads')) / 1e6,
  ],
  ['KMS requests of the steps', (executions * perRequest.kmsCalls * usd('kmsPer10000Requests')) / 10_000],
  [
    `CloudWatch alarms (${count('AWS::CloudWatch::Alarm')})`,
    count('AWS::CloudWatch::Alarm') * usd('alarmMonth'),
  ],
  ['CloudWatch logs (2 GB)', 2 * usd('logsPerGb')],
  [
    `Secrets (${count('AWS::SecretsManager::Secret')})`,
    count('AWS::SecretsManager::Secret') * usd('secretMonth'),
  ],
];

const keyward = items.reduce((sum, [, amount]) => sum + amount, 0);
// From the third year on: every key has two rotated materials, the most that AWS charges for.
const floor = load.keys * (usd('kmsKeyMonth') + 2 * usd('kmsRotationMonth'));

const row = (name: string, amount: number): string =>
  `| ${name.padEnd(34)} | ${amount.toFixed(2).padStart(9)} |`;
process.stdout.write(
  [
    `Prices of ${prices.asOf}, ${prices.region}. ${load.keys} keys, yearly rotation, ${load.requestsMonth} requests and ${load.apiCallsMonth} API calls a month.`,
    '',
    `| ${'item'.padEnd(34)} | USD/month |`,
    `| ${'-'.repeat(34)} | --------: |`,
    ...items.map(([name, amount]) => row(name, amount)),
    row('Keyward', keyward),
    row(`the ${load.keys} KMS keys themselves (floor)`, floor),
    '',
    `Keyward adds ${((keyward / floor) * 100).toFixed(1)} % to what the keys cost without it.`,
    '',
  ].join('\n'),
);
