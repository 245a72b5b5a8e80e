import * as z from 'zod';
import { limitExceeded, malformedPolicy } from '../errors.ts';
import { isKnownOperator } from './conditions.ts';

/** The length that a key policy may have, in characters. */
const MAXIMUM_LENGTH = 32_768;

const oneOrMore = <T extends z.ZodType>(value: T) =>
  z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(value).min(1));

const conditionValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const conditionBlock = z
  .record(z.string(), z.record(z.string(), oneOrMore(conditionValue)))
  .superRefine((block, context) => {
    for (const operator of Object.keys(block).filter((name) => !isKnownOperator(name))) {
      context.addIssue({
        code: 'custom',
        message: `The condition operator ${operator} is not one that the local KMS judges.`,
      });
    }
  });

/** AWS KMS takes the whole `*` or a full ARN of a principal, no pattern. */
const awsPrincipal = z
  .string()
  .regex(/^(?:\*|\d{12}|arn:aws:(?:iam|sts)::\d{12}:[^*?]+)$/, { error: 'This is not a principal.' });

const principal = z.preprocess(
  (given) => (given === '*' ? { AWS: '*' } : given),
  z.strictObject({
    AWS: oneOrMore(awsPrincipal).optional(),
    Service: oneOrMore(z.string()).optional(),
    Federated: oneOrMore(z.string()).optional(),
  }),
);

const statementFields = {
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore(z.string()).optional(),
  NotAction: oneOrMore(z.string()).optional(),
  Resource: oneOrMore(z.string()),
  Condition: conditionBlock.optional(),
};

const hasOneKindOfAction = (statement: { Action?: unknown; NotAction?: unknown }) =>
  (statement.Action === undefined) !== (statement.NotAction === undefined);
const oneKindOfAction = { error: 'Give Action or NotAction, one of them.' };

const identityStatement = z.strictObject(statementFields).refine(hasOneKindOfAction, oneKindOfAction);

const keyStatement = z
  .strictObject({ ...statementFields, Principal: principal })
  .refine(hasOneKindOfAction, oneKindOfAction);

const document = <T extends z.ZodType>(statement: T) =>
  z.strictObject({
    Version: z.enum(['2012-10-17', '2008-10-17']).optional(),
    Id: z.string().optional(),
    Statement: oneOrMore(statement),
  });

const identityPolicy = document(identityStatement);
const keyPolicy = document(keyStatement);

export type Statement = z.infer<typeof identityStatement>;
export type PolicyDocument = z.infer<typeof identityPolicy>;
export type KeyStatement = z.infer<typeof keyStatement>;
export type KeyPolicy = z.infer<typeof keyPolicy>;

/** Throws MalformedPolicyDocumentException, or LimitExceededException for more than 32 KB. */
export function parseKeyPolicy(text: string): KeyPolicy {
  if (text.length > MAXIMUM_LENGTH) {
    throw limitExceeded(`The key policy is longer than ${MAXIMUM_LENGTH} characters.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformedPolicy('The key policy is not JSON.');
  }
  refuseVariables(json);
  const result = keyPolicy.safeParse(json);
  if (!result.success) throw malformedPolicy(z.prettifyError(result.error));
  return result.data;
}

/** Parses an identity-based policy, given as JSON. Throws an Error that says what is wrong. */
export function parseIdentityPolicy(policy: unknown): PolicyDocument {
  refuseVariables(policy);
  return identityPolicy.parse(policy);
}

/** To judge a policy variable as plain text would decide wrongly, and silently. */
function refuseVariables(policy: unknown): void {
  if (JSON.stringify(policy)?.includes('${')) {
    throw malformedPolicy('Policy variables (${...}) are not judged by the local KMS.');
  }
}
