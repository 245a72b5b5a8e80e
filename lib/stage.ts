import type { Node } from 'constructs';
import * as z from 'zod';

/**
 * What a deployment is told, as CDK context (`-c name=value` or `cdk.json`). See README.md for the table of settings.
 * The local stage is the same stack on the local AWS: it adds where KMS and the clock are, and leaves out the trail.
 */
export type Stage = DeployedStage | LocalStage;

interface Settings {
  /** The OIDC issuer that people sign in with, as its tokens name it. */
  readonly issuer: string;
  /** The audience (client id) that a token has to be made for. */
  readonly audience: string;
  /** The sender of approval mails: an address that SES may send from. */
  readonly mailFrom: string;
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
  /** Where the local API Gateway listens: `http://127.0.0.1:<port>`. */
  readonly apiBaseUrl: string;
}

const exampleSettings = {
  issuer: 'https://sign-in.example.com',
  audience: 'keyward',
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
  mailFrom: z.email(),
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
    apiBaseUrl: z.url().transform((url) => url.replace(/\/+$/, '')),
    ...common,
  }),
]);

const contextNames = [
  'issuer',
  'audience',
  'mailFrom',
  'alertMail',
  'breakGlassRoleArn',
  'protectedKeyArns',
  'localKmsUrl',
  'localClockUrl',
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

function contextOf(node: Node, name: string): unknown {
  const value: unknown = node.tryGetContext(name);
  return value === '' ? undefined : value;
}
