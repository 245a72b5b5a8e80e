import * as z from 'zod';
import type { StepRoles } from '../domain/key-policy.ts';
import { environment } from './environment.ts';

const roleArn = z.string().regex(/^arn:[\w-]+:iam::\d{12}:role\/.+$/);

const stepRolesSchema = z.strictObject({
  create: roleArn,
  alias: roleArn,
  probe: roleArn,
  rotate: roleArn,
  restrict: roleArn,
  disable: roleArn,
  enable: roleArn,
  scheduleDeletion: roleArn,
  cancelDeletion: roleArn,
  discard: roleArn,
  evidence: roleArn,
  breakGlass: roleArn.optional(),
});

/** The roles that a managed key's policy names, as the stack tells them. */
export function stepRoles(): StepRoles {
  return stepRolesSchema.parse(JSON.parse(environment('MANAGED_KEY_ROLES')));
}
