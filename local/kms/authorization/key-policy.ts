import * as z from 'zod';
import { limitExceeded, malformedPolicy } from '../errors.ts';
import { remembering } from '../remembering.ts';
import { documentOf, oneOrMore, statementFields } from './policy-document.ts';
import { PRINCIPAL_ARN, SERVICE_PRINCIPAL } from './principal-arns.ts';

/** The length that a key policy may have, in bytes. */
const MAXIMUM_BYTES = 32_768;

/** No part of a principal may be a pattern. */
const awsPrincipal = z.union([z.literal('*'), z.string().regex(/^\d{12}$/), z.string().regex(PRINCIPAL_ARN)]);

const principals = z.preprocess(
  (given) => (given === '*' ? { AWS: '*' } : given),
  z
    .strictObject({
      AWS: oneOrMore(awsPrincipal).optional(),
      Service: oneOrMore(z.string().regex(SERVICE_PRINCIPAL)).optional(),
      /** Whom an identity provider vouches for: known to the trust policies of roles, nobody that calls AWS KMS. */
      Federated: oneOrMore(z.string().min(1)).optional(),
    })
    .refine((named) => Object.values(named).some((names) => names !== undefined)),
);

const PRINCIPAL_ELEMENTS: ReadonlySet<string> = new Set(['Principal', 'NotPrincipal']);

/** Without an action or a resource a statement is taken, and has no effect. */
const keyStatement = z
  .strictObject({ ...statementFields, Principal: principals.optional(), NotPrincipal: principals.optional() })
  .refine(({ Principal, NotPrincipal }) => (Principal === undefined) !== (NotPrincipal === undefined), {
    error: 'Give Principal or NotPrincipal, one of them.',
  })
  .refine(({ Effect, NotPrincipal }) => Effect === 'Deny' || NotPrincipal === undefined, {
    error: 'NotPrincipal is for the effect Deny.',
  })
  .refine(({ Action, NotAction }) => Action === undefined || NotAction === undefined, {
    error: 'Give Action or NotAction, one of them.',
  })
  .refine(({ Resource, NotResource }) => Resource === undefined || NotResource === undefined, {
    error: 'Give Resource or NotResource, one of them.',
  });

const keyPolicy = documentOf(keyStatement);

export type Principals = z.infer<typeof principals>;
export type KeyStatement = z.infer<typeof keyStatement>;
export type KeyPolicy = z.infer<typeof keyPolicy>;

/** Throws MalformedPolicyDocumentException, or LimitExceededException for more than 32 KB. */
export const parseKeyPolicy = remembering(1000, (text): KeyPolicy => {
  if (Buffer.byteLength(text) > MAXIMUM_BYTES) {
    throw limitExceeded(`The key policy is longer than ${MAXIMUM_BYTES} bytes.`);
  }
  const result = keyPolicy.safeParse(parseJson(text));
  if (!result.success) throw malformedPolicy(problemOf(result.error));
  for (const statement of result.data.Statement) refuseOverlyPermissive(statement);
  return result.data;
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformedPolicy('The key policy is not JSON.');
  }
}

function problemOf(error: z.ZodError): string {
  const aboutPrincipals = error.issues.some(({ path }) =>
    path.some((part) => PRINCIPAL_ELEMENTS.has(String(part))),
  );
  return aboutPrincipals
    ? 'Policy contains a statement with one or more invalid principals.'
    : z.prettifyError(error);
}

/** ForAllValues holds for an absent key too: of a key with one value that is hardly ever meant. */
function refuseOverlyPermissive({ Condition: block = {} }: KeyStatement): void {
  const keys = Object.entries(block)
    .filter(([operator]) => operator.startsWith('ForAllValues:'))
    .flatMap(([, conditions]) => Object.keys(conditions).map((key) => key.toLowerCase()));
  const what = keys.some((key) => key.startsWith('kms:encryptioncontext:'))
    ? 'encryption context'
    : keys.some((key) => key.startsWith('aws:requesttag/'))
      ? 'tag'
      : undefined;
  if (what === undefined) return;
  throw malformedPolicy(
    'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches ' +
      `requests without the specified ${what} or with an unspecified ${what}. To fix, remove ForAllValues.`,
  );
}
