import type { Member, Shape } from './kms-model.ts';

/** A text of a length that a pattern takes: what fills it stands between a beginning and an end. */
const FILLINGS: Readonly<Record<string, readonly [string, string, string]>> = {
  '^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$': ['s3.amazonaws.', 'c', ''],
  '^([a-z]+-){2,3}\\d+$': ['us-east-', '1', ''],
  '^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$': ['arn:aws:s3::000000000000:', 'x', ''],
  'cluster-[2-7a-zA-Z]{11,16}': ['cluster-', 'a', ''],
  '^[A-Z2-7]+$': ['', 'A', ''],
  '^https://[a-zA-Z0-9.-]+$': ['https://', 'a', ''],
  '^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$': ['/', 'a', '/kms/xks/v1'],
  '^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$': [
    'com.amazonaws.vpce.us-east-1.vpce-svc-',
    '0',
    '',
  ],
  '[0-9]{12}': ['', '0', ''],
};

/** Undefined where the pattern takes no text that short. */
export function textOf(length: number, pattern: string | undefined): string | undefined {
  const [beginning, filling, end] = FILLINGS[pattern ?? ''] ?? ['', 'a', ''];
  const room = length - beginning.length - end.length;
  return room < 0 || (beginning !== '' && room === 0) ? undefined : beginning + filling.repeat(room) + end;
}

export const blobOf = (length: number) => Buffer.alloc(length, 1).toString('base64');

/** A value that the model takes. */
export function validValue(shape: Shape): unknown {
  switch (shape.kind) {
    case 'string':
      return shape.values?.[0] ?? textOf(shape.max ?? 1, shape.pattern);
    case 'blob':
      return blobOf(shape.min ?? 0);
    case 'integer':
      return shape.min;
    case 'boolean':
      return false;
    case 'timestamp':
      return 1_800_000_000;
    case 'map':
      return {};
    case 'list':
      return [validValue(shape.of)];
    case 'structure':
      return Object.fromEntries(required(shape.members));
  }
}

/** The entries of the members that have to be there. */
export const required = (members: readonly Member[]) =>
  members.filter((one) => one.required).map(({ name, shape }) => [name, validValue(shape)] as const);

/** A member at any depth, and how a value of it stands in a request. */
export interface Place {
  readonly path: string;
  readonly top: string;
  readonly member: Member;
  readonly wrap: (value: unknown) => unknown;
}

/** As AWS names members in what it says of them. */
export const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

export function placesOf(members: readonly Member[], outer?: Omit<Place, 'member'>): Place[] {
  return members.flatMap((member) => {
    const { name, shape } = member;
    const path = outer === undefined ? camel(name) : `${outer.path}.${camel(name)}`;
    const siblings = Object.fromEntries(required(members.filter((one) => one !== member)));
    const wrap = (value: unknown) =>
      outer === undefined
        ? value
        : outer.wrap(value === undefined ? siblings : { ...siblings, [name]: value });
    const here = { path, top: outer?.top ?? name, wrap };
    if (shape.kind === 'structure') return [{ ...here, member }, ...placesOf(shape.members, here)];
    if (shape.kind !== 'list' || shape.of.kind !== 'structure') return [{ ...here, member }];
    const inList = { ...here, path: `${path}.1.member`, wrap: (value: unknown) => wrap([value]) };
    return [{ ...here, member }, ...placesOf(shape.of.members, inList)];
  });
}
