import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grantsAllow } from '../../../../local/kms/authorization/grant-permissions.ts';
import { principalOf } from '../../../../local/kms/principal.ts';
import type { GrantTerms } from '../../../../local/kms/store/grants.ts';

const ACCOUNT = '000000000000';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/App`;
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:orders`;

const pairs = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), {
  noNullPrototype: true,
});
const constraint = {
  encryptionContextSubset: pairs,
  encryptionContextEquals: pairs,
  sourceArn: fc.constantFrom(QUEUE, `${QUEUE}2`),
};
const constraints: fc.Arbitrary<NonNullable<GrantTerms['constraints']>> = fc.oneof(
  fc.record(constraint, { requiredKeys: [] }),
  fc.record({ encryptionContextSubset: pairs }),
  fc.record({ encryptionContextEquals: pairs }),
);
const terms: fc.Arbitrary<GrantTerms> = fc.record({
  granteePrincipal: fc.constant(ROLE),
  operations: fc.subarray(['CreateGrant', 'Decrypt', 'Encrypt', 'DescribeKey'], { minLength: 1 }),
  constraints,
});

const caller = (sourceArn: string | undefined) =>
  principalOf(`arn:aws:sts::${ACCOUNT}:assumed-role/App/1`, 0, { sourceArn });
const allows = (
  grant: GrantTerms,
  operation: string,
  encryptionContext: Record<string, string>,
  sourceArn: string | undefined,
  created?: GrantTerms,
) =>
  grantsAllow([{ id: '1', keyId: 'k', createdAt: 0, terms: grant }], {
    principal: caller(sourceArn),
    operation,
    encryptionContext,
    created,
    isAllowedByOwnPolicies: () => false,
  });

const sources = fc.constantFrom(QUEUE, `${QUEUE}2`, undefined);
const everyOperation = fc.constantFrom('Decrypt', 'Encrypt', 'DescribeKey');

test('a grant allows what its operations and its constraints say, and nothing else', () => {
  fc.assert(
    fc.property(terms, everyOperation, pairs, sources, (grant, operation, context, sourceArn) => {
      const { encryptionContextSubset: subset, encryptionContextEquals: exact } = grant.constraints ?? {};
      const has = (wanted: Record<string, string>) =>
        Object.keys(wanted).every((key) => context[key] === wanted[key]);
      const isInContext =
        operation === 'DescribeKey' ||
        ((subset === undefined || has(subset)) &&
          (exact === undefined || (has(exact) && Object.keys(context).every((key) => key in exact))));
      const expected =
        grant.operations.includes(operation) &&
        isInContext &&
        (grant.constraints?.sourceArn === undefined || grant.constraints.sourceArn === sourceArn);
      expect(allows(grant, operation, context, sourceArn)).toBe(expected);
    }),
    { numRuns: 1000 },
  );
});

/** A grant of whoever has the other, which is often one that they may make, and a context that often fits it. */
const handedOn = terms.chain((drawn) => {
  const parent = { ...drawn, operations: [...new Set([...drawn.operations, 'CreateGrant'])] };
  const {
    encryptionContextSubset: subset,
    encryptionContextEquals: exact,
    sourceArn,
  } = parent.constraints ?? {};
  const near = pairs.chain((more) =>
    fc.constantFrom(
      { encryptionContextSubset: { ...subset, ...more }, encryptionContextEquals: exact, sourceArn },
      { encryptionContextEquals: exact ?? { ...more, ...subset }, sourceArn },
      { encryptionContextSubset: subset, encryptionContextEquals: exact, sourceArn },
      { encryptionContextSubset: exact, sourceArn },
      { encryptionContextEquals: { ...subset, ...exact, ...more }, sourceArn },
    ),
  );
  const child = fc.record({
    granteePrincipal: fc.constant(ROLE),
    operations: fc.subarray(['Decrypt', 'Encrypt', 'DescribeKey'], { minLength: 1 }),
    constraints: fc.oneof<fc.Arbitrary<NonNullable<GrantTerms['constraints']>>[]>(near, constraints),
  });
  return child.chain((made) => {
    const { encryptionContextSubset = {}, encryptionContextEquals } = made.constraints;
    const fitting = pairs.map((more) => encryptionContextEquals ?? { ...more, ...encryptionContextSubset });
    return fc.record({
      parent: fc.constant(parent),
      child: fc.constant(made),
      context: fc.oneof({ weight: 3, arbitrary: fitting }, pairs),
      madeFor: fc.constant(sourceArn),
      usedFor: fc.oneof({ weight: 3, arbitrary: fc.constant(sourceArn) }, sources),
    });
  });
});

test('nobody hands on more than they have', () => {
  let handedOnAndUsed = 0;
  fc.assert(
    fc.property(handedOn, everyOperation, ({ parent, child, context, madeFor, usedFor }, operation) => {
      if (!allows(parent, 'CreateGrant', {}, madeFor, child)) return;
      if (!allows(child, operation, context, usedFor)) return;
      handedOnAndUsed += 1;
      expect(allows(parent, operation, context, usedFor)).toBe(true);
    }),
    { numRuns: 3000 },
  );
  expect(handedOnAndUsed).toBeGreaterThan(100);
});
