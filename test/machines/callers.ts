import type { StepRoles } from '../../lambdas/domain/key-policy.ts';
import { named } from './interpreter.ts';

const ACCOUNT = '000000000000';

/** The Lambdas that call KMS. Each has a role of its own, by its own name; the search for orphans has that of DiscardVersion. */
const callers = [
  'PrepareRequest',
  'CreateVersion',
  'BindAlias',
  'ProbeVersion',
  'RotateInPlace',
  'RestrictVersion',
  'DisableKey',
  'EnableKey',
  'ScheduleDeletion',
  'CancelDeletion',
  'DiscardVersion',
  'Sweep',
] as const;
type CallerName = (typeof callers)[number];

const role = (name: CallerName): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;

/** The sessions of all of them, as a pattern. */
export const everyRole = `arn:aws:sts::${ACCOUNT}:assumed-role/*`;

export const roles: StepRoles = {
  create: role('CreateVersion'),
  alias: role('BindAlias'),
  probe: role('ProbeVersion'),
  rotate: role('RotateInPlace'),
  restrict: role('RestrictVersion'),
  disable: role('DisableKey'),
  enable: role('EnableKey'),
  scheduleDeletion: role('ScheduleDeletion'),
  cancelDeletion: role('CancelDeletion'),
  discard: role('DiscardVersion'),
  evidence: role('PrepareRequest'),
};

/** Makes the roles known to the local KMS, with every permission that IAM can give: the key policies are left to judge. */
export async function introduce(kmsUrl: string): Promise<void> {
  await Promise.all(
    callers.map(async (appId) => {
      const arn = everyRole.replace('*', `${appId}/test`);
      const { ok } = await fetch(`${kmsUrl}/_local/principals`, {
        method: 'POST',
        body: JSON.stringify({ appId, arn }),
      });
      if (!ok) throw new Error(`The local KMS does not take ${arn}.`);
    }),
  );
}

interface Build {
  readonly request: { readonly headers: Record<string, string> };
}

interface Command {
  readonly input: object;
  readonly middlewareStack: {
    add(middleware: (next: (build: Build) => unknown) => (build: Build) => unknown, options: object): void;
  };
}

/** A client whose calls come from a Lambda: the local KMS knows it by the app id in its user agent. */
export function callingAs<C extends { send: unknown }>(caller: CallerName, client: C): C {
  const send = client.send as (command: Command, ...rest: unknown[]) => Promise<unknown>;
  return new Proxy(client, {
    get: (target, property) => {
      if (property !== 'send') return Reflect.get(target, property);
      return (command: Command, ...rest: unknown[]) => {
        command.middlewareStack.add(
          (next) => (build) => {
            build.request.headers['user-agent'] = `app/${caller}`;
            return next(build);
          },
          { step: 'finalizeRequest', name: 'caller' },
        );
        return send.call(target, command, ...rest);
      };
    },
  });
}

/**
 * A client whose permissions hang on the tags of a KMS key, as the roles of Keyward's Lambdas have them. One that is gone
 * has no tags any more: nothing but DescribeKey is allowed of it.
 */
export function allowedByTags<C extends { send: unknown }>(client: C): C {
  const send = client.send as (command: Command, ...rest: unknown[]) => Promise<unknown>;
  return new Proxy(client, {
    get: (target, property) => {
      if (property !== 'send') return Reflect.get(target, property);
      return async (command: Command, ...rest: unknown[]) => {
        try {
          return await send.call(target, command, ...rest);
        } catch (error) {
          throw isDenied(command, error) ? named('AccessDeniedException', 'It has no tags.') : error;
        }
      };
    },
  });
}

function isDenied({ input, constructor: { name } }: Command, error: unknown): boolean {
  const gone = error instanceof Error && error.name === 'NotFoundException';
  return gone && 'KeyId' in input && name !== 'DescribeKeyCommand';
}
