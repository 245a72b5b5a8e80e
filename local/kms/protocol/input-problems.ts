import type * as z from 'zod';

/** What AWS's servers say of requests that are wrong, from the issues that zod finds, with their inputs. */

type Issue = z.core.$ZodIssue;

/** Not shown to the caller again, not even that they are null. */
const SENSITIVE = new Set(['AccessKeyId', 'KeyStorePassword', 'Message', 'Plaintext', 'RawSecretAccessKey']);

/** For a value of another JSON type than the member's; undefined when the type is right, or there is no value. */
export function typeMismatch(issue: Issue): string | undefined {
  const { input, path } = issue;
  const expected = input === undefined ? undefined : expectedType(issue);
  if (expected === undefined) return undefined;
  if (Array.isArray(input)) return 'Start of list found where not expected';
  if (path.length === 0) return '';
  if (typeof input === 'object') return 'Start of structure or map found where not expected.';
  if (expected === 'bytes' && typeof input === 'string') return issue.message;
  return ONLY[expected] ?? `${tokenOf(input)} can not be converted to ${SCALARS[expected] ?? 'a String'}`;
}

/** The type that the value does not have, by zod's name or, for bytes, by that of `json-types.ts`. */
function expectedType(issue: Issue): string | undefined {
  if (issue.code === 'invalid_type') return issue.expected;
  if (issue.code === 'invalid_value') return typeof issue.input === 'string' ? undefined : 'string';
  return issue.code === 'custom' && issue.params?.expected === 'bytes' ? 'bytes' : undefined;
}

const ONLY: Readonly<Record<string, string>> = {
  array: 'Expected list or null',
  record: 'Expected map or null',
  object: 'Expected null',
};

const SCALARS: Readonly<Record<string, string>> = {
  boolean: 'a Boolean',
  bytes: 'a Blob',
  number: 'an Integer',
};

/** The name of a JSON value in the parser of AWS's servers. */
function tokenOf(value: unknown): string {
  const token = typeof value === 'boolean' ? String(value) : typeof value;
  return `${token.toUpperCase()}_VALUE`;
}

/** `2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: ...; ...` */
export function violations(issues: readonly Issue[], body: unknown): string {
  const ofMembers = issues.filter(({ path }) => path.length > 0);
  // What is wrong about a request as a whole has words of its own, and is told when nothing else is.
  if (ofMembers.length === 0) return issues[0]?.message ?? '';
  const all = new Set(ofMembers.map((issue) => violation(issue, body)));
  const count = all.size === 1 ? '1 validation error' : `${all.size} validation errors`;
  return `${count} detected: ${[...all].join('; ')}`;
}

/** For a member that some requests can do without, and this one not. */
export const missingMember = (name: string) =>
  `1 validation error detected: Value ${atPlace([name], undefined)} failed to satisfy constraint: ${NOT_NULL}`;

/** Of a text in a list the whole list is shown, of a structure in a list the member. */
function violation(issue: Issue, body: unknown): string {
  const { path, input } = issue;
  if (typeof path.at(-1) !== 'number') {
    return `Value ${atPlace(path, input)} failed to satisfy constraint: ${constraint(issue)}`;
  }
  const list = path.slice(0, -1);
  return `Value ${atPlace(list, valueAt(body, list))} failed to satisfy constraint: Member must satisfy constraint: [${constraint(issue)}]`;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
    body,
  );
}

/** `'' at 'tags.1.member.tagKey'`; without the value where it is bytes, or a secret. */
function atPlace(path: readonly PropertyKey[], input: unknown): string {
  const place = `at '${path.map(memberName).join('.')}'`;
  if (SENSITIVE.has(String(path.at(-1))) || input instanceof Uint8Array) return place;
  return input === undefined ? `null ${place}` : `'${shown(input)}' ${place}`;
}

function memberName(part: PropertyKey): string {
  if (typeof part === 'number') return `${part + 1}.member`;
  const name = String(part);
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(shown).join(', ')}]` : String(value);
}

const NOT_NULL = 'Member must not be null';

function constraint(issue: Issue): string {
  if (issue.input === undefined) return NOT_NULL;
  if (issue.code === 'too_small') {
    return `Member must have ${measured(issue)} greater than or equal to ${issue.minimum}`;
  }
  if (issue.code === 'too_big') {
    return `Member must have ${measured(issue)} less than or equal to ${issue.maximum}`;
  }
  if (issue.code === 'invalid_value') {
    return `Member must satisfy enum value set: [${issue.values.map(String).join(', ')}]`;
  }
  // `text` of json-types.ts gives the pattern of the model for a message.
  if (issue.code === 'invalid_format') {
    return `Member must satisfy regular expression pattern: ${issue.message}`;
  }
  return issue.message;
}

const measured = ({ origin }: { readonly origin: string }) => (origin === 'number' ? 'value' : 'length');
