import * as z from 'zod';
import { parsedJson } from './parsed-json.ts';

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const statement = z.looseObject({
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.literal('*'), z.record(z.string(), texts)]).optional(),
  NotPrincipal: z.unknown().optional(),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Condition: z.unknown().optional(),
});
const policy = z.looseObject({
  Statement: z.union([statement.transform((one) => [one]), z.array(statement)]),
});

/** Actions with which somebody uses a key, or lets others use it. */
const USES = [
  'kms:encrypt',
  'kms:decrypt',
  'kms:reencryptfrom',
  'kms:reencryptto',
  'kms:generatedatakey',
  'kms:sign',
  'kms:verify',
  'kms:generatemac',
  'kms:verifymac',
  'kms:creategrant',
];

/**
 * Whom a key policy lets use its key, by what it allows: denials may take it away again, and conditions narrow it, which
 * is said. The account's root stands for everybody whom the account's IAM policies let. Undefined for a text that is no
 * policy: who it lets is then not known.
 */
export function policyPrincipals(text: string): string[] | undefined {
  const parsed = policy.safeParse(parsedJson(text));
  if (!parsed.success) return undefined;
  const found = parsed.data.Statement.filter(
    ({ Effect: effect, Action: actions, NotAction: others }) =>
      effect === 'Allow' && (others !== undefined || (actions ?? []).some(letsUse)),
  ).flatMap(({ Principal: principal, NotPrincipal: excepted, Condition: condition }) =>
    namesOf(principal, excepted).map((name) =>
      condition === undefined ? name : `${name} (under conditions)`,
    ),
  );
  return [...new Set(found)].toSorted();
}

function namesOf(principal: z.output<typeof statement>['Principal'], excepted: unknown): string[] {
  if (excepted !== undefined) return ['everybody but a few'];
  if (principal === undefined) return [];
  if (principal === '*') return ['everybody'];
  return Object.values(principal)
    .flat()
    .map((name) => (name === '*' ? 'everybody' : name));
}

/** `*` and `?` in an action stand for any characters, and for one. */
function letsUse(action: string): boolean {
  const pattern = action
    .toLowerCase()
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return USES.some((use) => new RegExp(`^${pattern}$`).test(use));
}
