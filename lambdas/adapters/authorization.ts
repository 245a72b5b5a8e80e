import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DetailedError,
  type EntityJson,
  type EntityUidJson,
  isAuthorized,
  policySetTextToParts,
  policyToJson,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import * as z from 'zod';
import { type ErrorDetails, Forbidden } from '../domain/errors.ts';
import { invalidPolicyFile, type PolicyFault } from '../domain/policy-file.ts';
import type { Principal } from '../domain/principal.ts';
import type { DecisionRecord, Operation } from '../domain/request.ts';

/** What somebody wants to do. Groups stand by their names, with `owner` replaced. */
export type Question =
  | {
      readonly action: 'request';
      readonly principal: Principal;
      readonly key: QuestionedKey & { readonly approvers: readonly string[] };
      readonly operation: Operation;
    }
  | {
      readonly action: 'decide';
      readonly principal: Principal;
      /** Groups of those whom the principal stands in for. */
      readonly standsInFor: readonly string[];
      readonly request: {
        readonly requestId: string;
        readonly owner: string;
        readonly operation: Operation;
        readonly requester: string;
        readonly approvers: readonly string[];
      };
      readonly channel: DecisionRecord['channel'];
    }
  | {
      readonly action: 'emergency-revoke';
      readonly principal: Principal;
      readonly key: QuestionedKey & { readonly custodians: readonly string[] };
    };

interface QuestionedKey {
  readonly keyId: string;
  readonly owner: string;
  readonly className: string;
}

/** `policies` are the ids of those that made it so; none when nothing allows it. */
export interface Authorized {
  readonly allowed: boolean;
  readonly policies: readonly string[];
  /** What whoever is refused is told, in sentences. */
  readonly explanations: readonly string[];
}

/** Throws Forbidden, with the policies that made it so, for what they do not allow. */
export function assertAllowed(
  { allowed, policies, explanations }: Authorized,
  otherwise: string,
  details: ErrorDetails = {},
): void {
  if (allowed) return;
  const told = explanations.length > 0 ? explanations.join(' ') : otherwise;
  throw new Forbidden(told, { ...details, policies });
}

export interface Authorization {
  /** The groups that the policies themselves name: whether somebody is in one of them has to be known. */
  readonly groups: readonly string[];
  authorize(question: Question): Authorized;
}

const FILE = 'policies/access.cedar';
const SCHEMA_FILE = 'policies/keyward.cedarschema';

/** The policies beside the bundled handler. */
export function bundledAuthorization(): Authorization {
  return readAuthorization(join(process.env.LAMBDA_TASK_ROOT ?? import.meta.dirname, 'policies'));
}

export function readAuthorization(folder: string): Authorization {
  return createAuthorization(
    readFileSync(join(folder, 'access.cedar'), 'utf8'),
    readFileSync(join(folder, 'keyward.cedarschema'), 'utf8'),
  );
}

/**
 * Reads Cedar policies once. Throws InvalidPolicyFile with every fault and its line when they cannot be read, do not fit
 * the schema, or lack an id of their own. A question that cannot be judged is refused.
 */
export function createAuthorization(policies: string, schema: string): Authorization {
  const named = readPolicySet(policies, schema);
  const staticPolicies = Object.fromEntries([...named].map(([id, { text }]) => [id, text]));
  return {
    groups: [...new Set([...named.values()].flatMap(({ groups }) => groups))],
    authorize(question) {
      const call = callOf(question);
      const answer = isAuthorized({ ...call, schema, validateRequest: true, policies: { staticPolicies } });
      if (answer.type === 'failure') {
        throw invalidPolicyFile(
          FILE,
          answer.errors.map((error) => ({ path: '', line: undefined, message: error.message })),
        );
      }
      const { decision, diagnostics } = answer.response;
      // A policy that fails while it is judged may have been one that forbids.
      const allowed = decision === 'allow' && diagnostics.errors.length === 0;
      const because = [...diagnostics.reason, ...diagnostics.errors.map(({ policyId }) => policyId)];
      return {
        allowed,
        policies: because.toSorted(),
        explanations: allowed ? [] : because.flatMap((id) => named.get(id)?.explanation ?? []),
      };
    },
  };
}

interface NamedPolicy {
  readonly text: string;
  readonly explanation: string | undefined;
  readonly groups: readonly string[];
}

function readPolicySet(policies: string, schema: string): ReadonlyMap<string, NamedPolicy> {
  const parts = policySetTextToParts(policies);
  if (parts.type === 'failure')
    throw invalidPolicyFile(
      FILE,
      parts.errors.map((error) => faultIn(policies, error)),
    );
  const named = new Map<string, NamedPolicy>();
  const faults: PolicyFault[] = [];
  for (const text of parts.policies) {
    const line = lineOf(policies, policies.indexOf(text));
    const json = policyToJson(text);
    const annotations = json.type === 'success' ? (json.json.annotations ?? {}) : {};
    const { id, explanation } = annotations;
    if (!id) faults.push({ path: '', line, message: 'this policy has no @id("...")' });
    else if (named.has(id)) faults.push({ path: id, line, message: 'another policy has this @id' });
    else {
      const groups = json.type === 'success' ? groupsIn(json.json) : [];
      named.set(id, { text, explanation: explanation ?? undefined, groups });
    }
  }
  if (faults.length > 0) throw invalidPolicyFile(FILE, faults);
  const staticPolicies = Object.fromEntries([...named].map(([id, { text }]) => [id, text]));
  const checked = validate({ schema, policies: { staticPolicies } });
  if (checked.type === 'failure') {
    throw invalidPolicyFile(
      SCHEMA_FILE,
      checked.errors.map((error) => faultIn(schema, error)),
    );
  }
  if (checked.validationErrors.length > 0) {
    throw invalidPolicyFile(
      FILE,
      checked.validationErrors.map(({ policyId, error }) => {
        const start = policies.indexOf(named.get(policyId)?.text ?? '');
        const { line, message } = faultIn(policies, error, start);
        return { path: policyId, line, message };
      }),
    );
  }
  return named;
}

const groupUid = z.object({ type: z.literal('Keyward::Group'), id: z.string() });

/** The groups that stand in a policy, wherever they stand. */
function groupsIn(json: unknown): string[] {
  const group = groupUid.safeParse(json);
  if (group.success) return [group.data.id];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(groupsIn) : [];
}

function callOf(question: Question): {
  principal: EntityUidJson;
  action: EntityUidJson;
  resource: EntityUidJson;
  context: Record<string, string | boolean>;
  entities: EntityJson[];
} {
  const { principal, action } = question;
  const groups = [...principal.groups, ...(action === 'decide' ? question.standsInFor : [])];
  const who = uid(kinds[principal.kind], principal.id);
  const subject = subjectOf(question);
  const all = [...new Set([...groups, ...subject.groups])];
  return {
    principal: who,
    action: uid('Action', action),
    resource: subject.uid,
    context: contextOf(question),
    entities: [
      ...all.map((name): EntityJson => ({ uid: uid('Group', name), attrs: {}, parents: [] })),
      {
        uid: who,
        attrs: { identity: principal.id },
        parents: [...new Set(groups)].map((name) => uid('Group', name)),
      },
      { uid: subject.uid, attrs: subject.attrs, parents: [] },
    ],
  };
}

const kinds = { person: 'Person', machine: 'Machine', service: 'Service' } as const;

function contextOf(question: Question): Record<string, string | boolean> {
  const { mfa } = question.principal;
  switch (question.action) {
    case 'request':
      return { operation: question.operation };
    case 'decide':
      return { channel: question.channel, mfa };
    case 'emergency-revoke':
      return { mfa };
  }
}

function subjectOf(question: Question): {
  readonly uid: EntityUidJson;
  readonly attrs: EntityJson['attrs'];
  readonly groups: readonly string[];
} {
  const group = (name: string) => ({ __entity: uid('Group', name) });
  if (question.action === 'decide') {
    const { requestId, owner, operation, requester, approvers } = question.request;
    return {
      uid: uid('Request', requestId),
      attrs: { owner: group(owner), operation, requester, approvers: approvers.map(group) },
      groups: [owner, ...approvers],
    };
  }
  const { keyId, owner, className } = question.key;
  const approvers = question.action === 'request' ? question.key.approvers : [];
  const custodians = question.action === 'emergency-revoke' ? question.key.custodians : [];
  return {
    uid: uid('Key', keyId),
    attrs: {
      owner: group(owner),
      class: className,
      approvers: approvers.map(group),
      custodians: custodians.map(group),
    },
    groups: [owner, ...approvers, ...custodians],
  };
}

function uid(type: string, id: string): { type: string; id: string } {
  return { type: `Keyward::${type}`, id };
}

/** Cedar counts bytes from the beginning of what it was given. */
function faultIn(text: string, { message, help, sourceLocations }: DetailedError, offset = 0): PolicyFault {
  const [where] = sourceLocations ?? [];
  const before = Buffer.from(text.slice(offset))
    .subarray(0, where?.start ?? 0)
    .toString().length;
  return {
    path: '',
    line: where === undefined && offset === 0 ? undefined : lineOf(text, offset + before),
    message: help === null ? message : `${message} (${help})`,
  };
}

function lineOf(text: string, position: number): number {
  return text.slice(0, Math.max(0, position)).split('\n').length;
}
