import * as z from 'zod';
import { readPolicyFile } from './policy-file.ts';
import type { Principal } from './principal.ts';

const group = z.string().min(1).max(128);

/** Who is who, as `policies/access.yaml` states it. People bring their groups with their sign-in. */
const accessFile = z.strictObject({
  /** Groups that may see every key and request. */
  auditors: z.array(group),
  machines: z.array(
    z.strictObject({
      /** An IAM role or user; `*` stands for any characters but `:` and `/`. */
      arn: z
        .string()
        .regex(
          /^arn:aws[a-z-]*:iam::(?:\*|[0-9]{12}):(?:role|user)\/[\w+=,.@*/-]+$/,
          'write the ARN of an IAM role or user, such as arn:aws:iam::111122223333:role/payments-* (not a session, and no * in its beginning)',
        ),
      groups: z.array(group).min(1),
    }),
  ),
});
export type Access = z.infer<typeof accessFile>;

/** Throws InvalidPolicyFile that lists every fault with its path and line. */
export function parseAccess(yaml: string): Access {
  return readPolicyFile('access.yaml', yaml, accessFile);
}

/**
 * The machine behind a SigV4 call. A role session counts as its role, so that `id` outlives the session. A machine that
 * no entry names has no groups.
 */
export function machinePrincipal(access: Access, userArn: string): Principal {
  const arn = identityArn(userArn);
  const groups = access.machines
    .filter((machine) => matches(machine.arn, arn))
    .flatMap((machine) => machine.groups);
  return {
    kind: 'machine',
    id: `machine:${arn}`,
    name: arn.slice(arn.lastIndexOf('/') + 1),
    groups: [...new Set(groups)].toSorted(),
    mfa: false,
  };
}

/** Whether a principal may see an owner's keys and requests: the owner, who decides on them, and the auditors. */
export function maySee(
  principal: Principal,
  owner: string,
  approverGroups: readonly string[],
  access: Access,
): boolean {
  return [owner, ...approverGroups, ...access.auditors].some((group) => principal.groups.includes(group));
}

/** `arn:aws:sts::A:assumed-role/Role/session` is the role `arn:aws:iam::A:role/Role`; STS leaves out the role's path. */
function identityArn(userArn: string): string {
  return userArn.replace(/^(arn:[^:]+):sts::([^:]*):assumed-role\/([^/]+)\/.*$/, '$1:iam::$2:role/$3');
}

function matches(pattern: string, arn: string): boolean {
  const literal = pattern.split('*').map((text) => text.replaceAll(/[.+?^${}()|[\]\\/]/g, String.raw`\$&`));
  return new RegExp(`^${literal.join('[^:/]*')}$`).test(arn);
}
