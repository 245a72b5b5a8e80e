import type { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';

/** One statement of a role's policy, its values as text: `<Table.Arn>` for what CloudFormation fills in. */
export interface Statement {
  readonly role: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const listed = z.unknown().transform((value) => (Array.isArray(value) ? value : [value]).map(textOf));

const statementSchema = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: listed,
  Resource: listed,
  Condition: z.record(z.string(), z.record(z.string(), listed)).default({}),
});

const policyDocument = z.object({ Statement: z.array(statementSchema) });

const roleSchema = z.object({
  Properties: z.object({
    RoleName: z.unknown().optional(),
    ManagedPolicyArns: z.array(z.unknown()).default([]),
    Policies: z.array(z.object({ PolicyDocument: policyDocument })).default([]),
  }),
});

const policySchema = z.object({
  Properties: z.object({
    Roles: z.array(z.object({ Ref: z.string() })),
    PolicyDocument: policyDocument,
  }),
});

const reference = z.union([
  z.object({ Ref: z.string() }).transform(({ Ref }) => `<${Ref}>`),
  z
    .object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })
    .transform((it) => `<${it['Fn::GetAtt'].join('.')}>`),
  z
    .object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) })
    .transform((it) => it['Fn::Join'][1].map(textOf).join(it['Fn::Join'][0])),
]);

/** A value of a template as text. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const parsed = reference.safeParse(value);
  return parsed.success ? parsed.data : JSON.stringify(value);
}

/** Every role by its name: the id of its Lambda where it has one, else its logical id. */
export function roleNames(template: Template): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(template.findResources('AWS::IAM::Role')).map(([logicalId, role]) => {
      const name = textOf(roleSchema.parse(role).Properties.RoleName ?? '');
      return [logicalId, /^Keyward-(\w+)-<AWS::Region>$/.exec(name)?.[1] ?? logicalId];
    }),
  );
}

/** Every statement of every role. */
export function statementsOf(template: Template): readonly Statement[] {
  const names = roleNames(template);
  const nameOf = (logicalId: string) => names.get(logicalId) ?? logicalId;
  const inRoles = Object.entries(template.findResources('AWS::IAM::Role')).flatMap(([logicalId, role]) =>
    roleSchema
      .parse(role)
      .Properties.Policies.flatMap(({ PolicyDocument }) =>
        PolicyDocument.Statement.map((statement) => asStatement(nameOf(logicalId), statement)),
      ),
  );
  const beside = Object.values(template.findResources('AWS::IAM::Policy')).flatMap((policy) => {
    const { Roles, PolicyDocument } = policySchema.parse(policy).Properties;
    return Roles.flatMap(({ Ref }) =>
      PolicyDocument.Statement.map((statement) => asStatement(nameOf(Ref), statement)),
    );
  });
  return [...inRoles, ...beside];
}

export function managedPolicies(template: Template): readonly string[] {
  return Object.values(template.findResources('AWS::IAM::Role')).flatMap((role) =>
    roleSchema.parse(role).Properties.ManagedPolicyArns.map(textOf),
  );
}

function asStatement(role: string, parsed: z.infer<typeof statementSchema>): Statement {
  return {
    role,
    effect: parsed.Effect,
    actions: parsed.Action,
    resources: parsed.Resource,
    conditions: parsed.Condition,
  };
}
