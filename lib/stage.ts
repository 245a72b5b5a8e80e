import type { Node } from 'constructs';
import * as z from 'zod';

/**
 * What a deployment is told, as CDK context (`-c name=value` or `cdk.json`). See README.md for the table of settings.
 * The local stage is the same stack on the local AWS: it adds where KMS and the clock are, and leaves out the trail.
 */
export type Stage = DeployedStage | LocalStage;

/** The workspace of Slack in which approvals are asked for, and the secret of the app that asks. */
export interface SlackSettings {
  readonly teamId: string;
  /** A secret that holds `{"botToken": "...", "signingSecret": "..."}`. */
  readonly secretArn: string;
  /** The local Slack. */
  readonly apiUrl?: string;
}

interface Settings {
  /** The OIDC issuer that people sign in with, as its tokens name it. */
  readonly issuer: string;
  /** The audience (client id) that a token has to be made for. */
  readonly audience: string;
  /** What the issuer calls a sign-in with a second factor (`acr_values`), if it has to be asked for by that name. */
  readonly stepUpAcr?: string | undefined;
  /** The identity store of IAM Identity Center, which says who is in which group. */
  readonly identityStoreId: string;
  /** The sender of approval mails: an address that SES may send from. */
  readonly mailFrom: string;
  /** Without both there is no Slack. */
  readonly slackTeamId?: string | undefined;
  readonly slackSecretArn?: string | undefined;
  /** Where alerts and alarms are mailed to. Without it they end at the topic. */
  readonly alertMail?: string | undefined;
  /** The role that people assume in an emergency: the key policies leave it out of their denials. */
  readonly breakGlassRoleArn?: string | undefined;
  /** KMS keys that protect Keyward itself: every step refuses them, and no role of Keyward may touch them. */
  readonly protectedKeyArns: readonly string[];
  /** Settings that were not given and hold an example, which serves for a look at the template and for nothing else. */
  readonly examples: readonly string[];
}

export interface DeployedStage extends Settings {
  readonly name: 'deployed';
}

export interface LocalStage extends Settings {
  readonly name: 'local';
  /** The local KMS, which also answers for the tagging API of its keys. */
  readonly localKmsUrl: string;
  /** The whole URL that tells the time. */
  readonly localClockUrl: string;
  /** The local identity store. */
  readonly localDirectoryUrl: string;
  /** The Web API of the local Slack. */
  readonly localSlackUrl: string;
  /** A signing key in the local KMS, in place of the one that the stack makes. */
  readonly localApprovalKeyArn: string;
  /** Where the local API Gateway listens: `http://127.0.0.1:<port>`. */
  readonly apiBaseUrl: string;
}

const exampleSettings = {
  issuer: 'https://sign-in.example.com',
  audience: 'keyward',
  identityStoreId: 'd-1234567890',
  mailFrom: 'keyward@example.com',
} as const;

const arnList = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((arn) => arn.trim())
      .filter((arn) => arn !== ''),
  )
  .pipe(z.array(z.string().regex(/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/, 'must be ARNs of KMS keys')));

const common = {
  audience: z.string().min(1),
  stepUpAcr: z.string().min(1).optional(),
  identityStoreId: z
    .string()
    .regex(
      /^(?:d-[0-9a-f]{10}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/,
      'must be the id of an identity store, such as d-1234567890',
    ),
  mailFrom: z.email(),
  slackTeamId: z
    .string()
    .regex(/^T[A-Z0-9]{2,20}$/, 'must be the id of a workspace, such as T0123456789')
    .optional(),
  slackSecretArn: z
    .string()
    .regex(/^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:.+$/, 'must be the ARN of a secret')
    .optional(),
  alertMail: z.email().optional(),
  breakGlassRoleArn: z
    .string()
    .regex(/^arn:[\w-]+:iam::\d{12}:role\/.+$/, 'must be the ARN of an IAM role')
    .optional(),
  protectedKeyArns: arnList.default([]),
};

const settingsSchema = z.discriminatedUnion('stage', [
  z.object({
    stage: z.literal('deployed'),
    issuer: z.url({ protocol: /^https$/, error: 'must be an https URL' }),
    ...common,
  }),
  z.object({
    stage: z.literal('local'),
    issuer: z.url(),
    localKmsUrl: z.url(),
    localClockUrl: z.url(),
    localDirectoryUrl: z.url(),
    localSlackUrl: z.url(),
    localApprovalKeyArn: z.string().startsWith('arn:'),
    apiBaseUrl: z.url().transform((url) => url.replace(/\/+$/, '')),
    ...common,
  }),
]);

const contextNames = [
  'issuer',
  'audience',
  'stepUpAcr',
  'identityStoreId',
  'mailFrom',
  'slackTeamId',
  'slackSecretArn',
  'alertMail',
  'breakGlassRoleArn',
  'protectedKeyArns',
  'localKmsUrl',
  'localClockUrl',
  'localDirectoryUrl',
  'localSlackUrl',
  'localApprovalKeyArn',
  'apiBaseUrl',
] as const;

/** Reads and checks the settings. Throws with every fault and the way to give the setting. */
export function readStage(node: Node): Stage {
  const given = Object.fromEntries(contextNames.map((name) => [name, contextOf(node, name)]));
  const examples = Object.keys(exampleSettings).filter((name) => given[name] === undefined);
  const parsed = settingsSchema.safeParse({
    ...given,
    ...Object.fromEntries(Object.entries(exampleSettings).filter(([name]) => examples.includes(name))),
    stage: contextOf(node, 'stage') ?? 'deployed',
  });
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`SETTINGS_INVALID: give these settings with -c name=value:\n${faults.join('\n')}`);
  }
  const { stage, ...settings } = parsed.data;
  return stage === 'local'
    ? { name: 'local', ...(settings as Omit<LocalStage, 'name' | 'examples'>), examples }
    : { name: 'deployed', ...settings, examples };
}

/** What of Slack a deployment has; nothing without it. */
export function slackOf(stage: Stage): SlackSettings | undefined {
  const { slackTeamId: teamId, slackSecretArn: secretArn } = stage;
  if (teamId === undefined && secretArn === undefined) return undefined;
  if (teamId === undefined || secretArn === undefined) {
    throw new Error('SETTINGS_INVALID: give slackTeamId and slackSecretArn together, or neither.');
  }
  return { teamId, secretArn, ...(stage.name === 'local' ? { apiUrl: stage.localSlackUrl } : {}) };
}

function contextOf(node: Node, name: string): unknown {
  const value: unknown = node.tryGetContext(name);
  return value === '' ? undefined : value;
}
