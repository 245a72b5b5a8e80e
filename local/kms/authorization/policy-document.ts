import * as z from 'zod';
import { conditionProblem } from './condition-operators.ts';

/** An element of a policy that is one value or a list of them. */
export const oneOrMore = <T extends z.ZodType>(value: T) =>
  z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(value).min(1));

const conditionValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const conditionBlock = z
  .record(z.string(), z.record(z.string(), oneOrMore(conditionValue)))
  .superRefine((block, context) => {
    for (const [operator, keys] of Object.entries(block)) {
      const problem = conditionProblem(operator, Object.values(keys).flat());
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    }
  });

const action = z.string().regex(/^(?:\*|[\w*?-]+:[\w*?-]+)$/, {
  error: 'An action is a service and what it does, such as kms:Decrypt.',
});

/** What the statements of all kinds of policies have. */
export const statementFields = {
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore(action).optional(),
  NotAction: oneOrMore(action).optional(),
  Resource: oneOrMore(z.string()).optional(),
  NotResource: oneOrMore(z.string()).optional(),
  Condition: conditionBlock.optional(),
};

/** A policy of such statements. */
export const documentOf = <T extends z.ZodType>(statement: T) =>
  z.strictObject({
    Version: z.enum(['2012-10-17', '2008-10-17']).optional(),
    Id: z.string().optional(),
    Statement: oneOrMore(statement),
  });

const identityStatement = z
  .strictObject(statementFields)
  .refine(({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined), {
    error: 'Give Action or NotAction, one of them.',
  })
  .refine(({ Resource, NotResource }) => (Resource === undefined) !== (NotResource === undefined), {
    error: 'Give Resource or NotResource, one of them.',
  });

/** A policy of a principal: identity-based, its permissions boundary, or of its session. */
export const identityPolicy = documentOf(identityStatement);

export type Statement = z.infer<typeof identityStatement>;
export type PolicyDocument = z.infer<typeof identityPolicy>;
