import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorizeOnKey } from '../../../../local/kms/authorization/authorize.ts';
import { conditionsHold } from '../../../../local/kms/authorization/conditions.ts';
import { identityPolicy } from '../../../../local/kms/authorization/policy-document.ts';
import { matchesResource, matchesWildcard } from '../../../../local/kms/authorization/wildcards.ts';
import { principalOf } from '../../../../local/kms/principal.ts';

/** Tries every way to read each `*`. */
function likeByTrial(text: string, pattern: string): boolean {
  if (pattern === '') return text === '';
  const rest = pattern.slice(1);
  if (pattern[0] === '*') {
    return Array.from({ length: text.length + 1 }, (_, length) => text.slice(length)).some((tail) =>
      likeByTrial(tail, rest),
    );
  }
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && likeByTrial(text.slice(1), rest);
}

const text = (characters: string) =>
  fc.string({ unit: fc.constantFrom(...characters.split('')), maxLength: 7 });

test('a pattern matches what some reading of its wildcards gives', () => {
  fc.assert(
    fc.property(text('ab:'), text('ab:*?'), (value, pattern) => {
      expect(matchesWildcard(value, pattern)).toBe(likeByTrial(value, pattern));
    }),
  );
});

test('a Resource never matches more than its pattern does, and as much when each * ends a part', () => {
  fc.assert(
    fc.property(text('ab:'), text('ab:*?'), (value, pattern) => {
      const matches = matchesResource(value, pattern);
      expect(matches && !matchesWildcard(value, pattern)).toBe(false);
      if (!/\*[^:]/.test(pattern)) expect(matches).toBe(matchesWildcard(value, pattern));
    }),
  );
});

describe('condition operators agree with their description', () => {
  const word = fc.constantFrom('', 'a', 'A', 'b', 'ab', '7', '10');
  const comparisons: Readonly<Record<string, (actual: string, wanted: string) => boolean>> = {
    StringEquals: (actual, wanted) => actual === wanted,
    StringEqualsIgnoreCase: (actual, wanted) => actual.toUpperCase() === wanted.toUpperCase(),
    StringLike: likeByTrial,
    NumericEquals: (actual, wanted) => actual === wanted && /^\d+$/.test(actual),
  };
  const negatedName = (name: string) => name.replace(/(Equals|Like)/, 'Not$1');

  test('with and without sets, negation and IfExists', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(comparisons)),
        fc.boolean(),
        fc.constantFrom('', 'ForAnyValue:', 'ForAllValues:'),
        fc.boolean(),
        fc.array(word, { minLength: 1, maxLength: 3 }),
        fc.array(word, { maxLength: 3 }),
        (name, negated, set, ifExists, wanted, actual) => {
          const operator = `${set}${negated ? negatedName(name) : name}${ifExists ? 'IfExists' : ''}`;
          const matchesSome = (value: string) =>
            wanted.some((candidate) => comparisons[name]?.(value, candidate) === true);
          const expected = () => {
            if (set === 'ForAllValues:') {
              const values = actual.filter((value) => value !== '');
              return negated ? !values.some(matchesSome) : values.every(matchesSome);
            }
            if (actual.length === 0) return ifExists || (negated && set === '');
            if (set === 'ForAnyValue:') {
              return negated ? actual.some((value) => !matchesSome(value)) : actual.some(matchesSome);
            }
            return negated ? !actual.some(matchesSome) : actual.some(matchesSome);
          };
          const variables = { supported: true, values: { 's:key': actual } };
          expect(conditionsHold({ [operator]: { 'S:Key': wanted } }, variables)).toBe(expected());
        },
      ),
    );
  });
});

describe('a decision about a key', () => {
  const OWNER = '000000000000';
  const OTHER = '111122223333';
  const KEY = `arn:aws:kms:us-east-1:${OWNER}:key/1`;

  const statement = fc.record({
    effect: fc.constantFrom('Allow', 'Deny'),
    action: fc.constantFrom('kms:Encrypt', 'kms:*', 'kms:Decrypt'),
    resource: fc.constantFrom('*', KEY, 'arn:aws:kms:us-east-1:000000000000:key/2'),
    tenant: fc.constantFrom(undefined, 'acme', 'other'),
  });
  type Statement = typeof statement extends fc.Arbitrary<infer S> ? S : never;
  const named = fc.constantFrom('caller', 'role', 'account', 'everybody', 'stranger');
  const statements = fc.array(statement, { maxLength: 3 });
  const keyStatements = fc.array(fc.tuple(statement, named), { minLength: 1, maxLength: 4 });

  const written = ({ effect, action, resource, tenant }: Statement) => ({
    Effect: effect,
    Action: action,
    Resource: resource,
    ...(tenant === undefined
      ? {}
      : { Condition: { StringEquals: { 'kms:EncryptionContext:tenant': tenant } } }),
  });
  const document = (of: object[]) => ({ Version: '2012-10-17', Statement: of });

  /** What the statement does to kms:Encrypt on the key with the tenant acme. */
  const applies = ({ action, resource, tenant }: Statement) =>
    action !== 'kms:Decrypt' && (resource === '*' || resource === KEY) && tenant !== 'other';
  const effects = (of: readonly Statement[]) => new Set(of.filter(applies).map(({ effect }) => effect));

  test('is by denials, then by what allows, then by what limits', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('user', 'session'),
        fc.constantFrom(OWNER, OTHER),
        keyStatements,
        fc.option(statements, { nil: undefined }),
        fc.option(fc.array(statement, { minLength: 1, maxLength: 2 }), { nil: undefined }),
        fc.option(fc.array(statement, { minLength: 1, maxLength: 2 }), { nil: undefined }),
        fc.boolean(),
        (kind, account, ofKey, ofIdentity, ofBoundary, ofSession, hasGrant) => {
          const role = `arn:aws:iam::${account}:role/App`;
          const arn =
            kind === 'user'
              ? `arn:aws:iam::${account}:user/ops`
              : `arn:aws:sts::${account}:assumed-role/App/run-1`;
          const arns = {
            caller: arn,
            role,
            account: `arn:aws:iam::${account}:root`,
            everybody: '*',
            stranger: 'arn:aws:iam::999999999999:user/stranger',
          };
          const parsed = (of: readonly Statement[]) => identityPolicy.parse(document(of.map(written)));
          const caller = principalOf(arn, 0, {
            policies: ofIdentity?.map((one) => parsed([one])),
            permissionsBoundary: ofBoundary && parsed(ofBoundary),
            sessionPolicies: ofSession && [parsed(ofSession)],
          });
          const policy = JSON.stringify(
            document(ofKey.map(([one, who]) => ({ ...written(one), Principal: { AWS: arns[who] } }))),
          );

          const isNamed = (who: keyof typeof arns) =>
            who !== 'stranger' && !(who === 'role' && kind === 'user');
          const about = (...whom: string[]) =>
            effects(ofKey.filter(([, who]) => isNamed(who) && whom.includes(who)).map(([one]) => one));
          const everything = new Set(['Allow']);
          const own = [ofIdentity, ofBoundary, ofSession].map((of) => (of ? effects(of) : everything));
          const [byIdentity = everything, ...limits] = own;
          const isWithinLimits = limits.every((limit) => limit.has('Allow'));
          const allowedByOwn = byIdentity.has('Allow') && isWithinLimits;
          const denied = [about('caller', 'role', 'account', 'everybody'), ...own].some((one) =>
            one.has('Deny'),
          );
          const allowed =
            account === OWNER
              ? about('caller', 'everybody').has('Allow') ||
                (about('role').has('Allow') && isWithinLimits) ||
                (about('account').has('Allow') && allowedByOwn)
              : about('caller', 'role', 'account', 'everybody').has('Allow') && allowedByOwn;

          const decide = () =>
            authorizeOnKey(
              {
                principal: caller,
                action: 'kms:Encrypt',
                resource: KEY,
                conditions: { 'kms:encryptioncontext:tenant': ['acme'] },
              },
              { accountId: OWNER, policy, grantAllows: () => hasGrant },
            );
          if (!denied && (allowed || hasGrant)) expect(decide).not.toThrow();
          else expect(decide).toThrow(/is not authorized to perform: kms:Encrypt on /);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
