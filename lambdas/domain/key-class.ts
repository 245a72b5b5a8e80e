import * as z from 'zod';
import { sha256Canonical } from './canonical.ts';
import { compareDurations, cryptoperiod } from './cryptoperiod.ts';
import { ClassForbids, ClassUnknown } from './errors.ts';
import { duration } from './formats.ts';
import { keySpec, keyUsage } from './key.ts';
import { isValidPair } from './key-use.ts';
import { readPolicyFile } from './policy-file.ts';
import { type ApprovalRule, approvalRule, type Operation, operation } from './request.ts';
import { sp80057r5 } from './sp800-57-r5.ts';

/** The operations that a class has a rule for; an emergency has its own. */
const approvedOperation = operation.exclude(['emergency-revoke', 'ratify']);

/** A governance profile as `policies/key-classes.yaml` states it. */
const statedClass = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/, 'use lower-case letters, digits and hyphens'),
  description: z.string().min(1).max(1024),
  specs: z.array(keySpec).min(1),
  usage: keyUsage,
  backends: z.tuple([z.literal('kms')]),
  cryptoperiod,
  rotation: z.strictObject({
    /** `in-place`: new material in the same KMS key; `new-key`: a new KMS key and a switch of the alias. */
    strategy: z.enum(['in-place', 'new-key']),
    /** Absent: only on request. */
    every: duration.optional(),
  }),
  approvals: z.record(approvedOperation, approvalRule),
  /** Who may stop a key at once, and who has to agree with it afterwards. */
  emergency: z
    .strictObject({ custodians: z.array(z.string().min(1)).min(1).max(20), ratification: approvalRule })
    .optional(),
  /** How far back an approver of a revocation or destruction wants to see who used the key. */
  evidenceWindow: duration.optional(),
  /** The shortest time between the decision to delete and the deletion. */
  deletionWindowDays: z.int().min(7).max(30),
});
type StatedClass = z.infer<typeof statedClass>;

/** A class and its hash, which every decision names: SHA-256 over the RFC 8785 form of all other fields. */
export type KeyClass = StatedClass & { readonly hash: string };
export type KeyClasses = readonly KeyClass[];

const keyClassFile = z.strictObject({
  classes: z
    .array(
      statedClass.superRefine((stated, context) => {
        for (const { path, message } of contradictions(stated)) {
          context.addIssue({ code: 'custom', path: [...path], message });
        }
      }),
    )
    .min(1)
    // Also when a class has other faults, so that one reading finds them all.
    .superRefine(
      (classes, context) => {
        for (const index of repeatedNames(classes)) {
          context.addIssue({ code: 'custom', path: [index, 'name'], message: 'another class has this name' });
        }
      },
      { when: ({ value }) => Array.isArray(value) },
    ),
});

/** Throws InvalidPolicyFile that lists every fault with its path and line. */
export function parseKeyClasses(yaml: string): KeyClasses {
  const { classes } = readPolicyFile('key-classes.yaml', yaml, keyClassFile);
  return classes.map((stated) => hashed(stated));
}

/** Throws ClassUnknown that names the classes there are. */
export function classNamed(classes: KeyClasses, name: string): KeyClass {
  const found = classes.find((keyClass) => keyClass.name === name);
  if (found !== undefined) return found;
  const known = classes.map((keyClass) => keyClass.name);
  throw new ClassUnknown(
    `There is no key class ${JSON.stringify(name)}. Choose one of: ${known.join(', ')}.`,
    { known },
  );
}

/** The rule that an operation on a key of this class is approved by. Throws as `emergencyRuleOf`. */
export function approvalOf(keyClass: KeyClass, operation: Operation): ApprovalRule {
  if (operation !== 'emergency-revoke' && operation !== 'ratify') return keyClass.approvals[operation];
  const { ratification } = emergencyRuleOf(keyClass);
  return operation === 'ratify'
    ? ratification
    : { quorum: 0, groups: [], expiresAfter: ratification.expiresAfter };
}

/** Who may stop a key of this class, and who ratifies it. Throws ClassForbids when the class does not say. */
export function emergencyRuleOf({
  name,
  emergency,
}: Pick<KeyClass, 'name' | 'emergency'>): NonNullable<StatedClass['emergency']> {
  if (emergency !== undefined) return emergency;
  throw new ClassForbids(
    `Class ${name} names nobody who may stop a key in an emergency. Ask for a revocation, and have emergency added to the class.`,
  );
}

function hashed(stated: StatedClass): KeyClass {
  return { ...stated, hash: sha256Canonical(stated) };
}

interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong between the fields of a class that are each right by themselves. */
function* contradictions(stated: StatedClass): Generator<Contradiction> {
  yield* specContradictions(stated);
  yield* periodContradictions(stated);
  yield* approvalContradictions(stated);
}

function* specContradictions({ specs, usage, rotation }: StatedClass): Generator<Contradiction> {
  for (const [index, spec] of specs.entries()) {
    if (!isValidPair(spec, usage)) {
      yield { path: ['specs', index], message: `KMS has no ${spec} key for ${usage}` };
    }
    if (specs.indexOf(spec) !== index) yield { path: ['specs', index], message: `${spec} is listed twice` };
    if (rotation.strategy === 'in-place' && spec !== 'SYMMETRIC_DEFAULT') {
      yield {
        path: ['rotation', 'strategy'],
        message: `KMS rotates only SYMMETRIC_DEFAULT keys in place; use new-key for ${spec}`,
      };
    }
  }
}

function* periodContradictions({ usage, cryptoperiod, rotation }: StatedClass): Generator<Contradiction> {
  const { originator, recipient } = cryptoperiod;
  const longest = sp80057r5.longestOriginatorUsage[usage];
  if (isZero(originator))
    yield { path: ['cryptoperiod', 'originator'], message: 'must be longer than nothing' };
  if (isLonger(originator, longest.duration)) {
    yield {
      path: ['cryptoperiod', 'originator'],
      message: `a ${longest.keyType} protects for at most ${longest.duration} (${sp80057r5.version})`,
    };
  }
  if (isLonger(originator, recipient)) {
    yield {
      path: ['cryptoperiod', 'recipient'],
      message: `must not be shorter than the originator period (${originator}): what was protected last is still to be read`,
    };
  }
  if (rotation.every === undefined) return;
  if (isZero(rotation.every)) yield { path: ['rotation', 'every'], message: 'must be longer than nothing' };
  if (isLonger(rotation.every, originator)) {
    yield {
      path: ['rotation', 'every'],
      message: `must not be longer than the originator period (${originator}): the key would stop protecting before its successor is there`,
    };
  }
}

function* approvalContradictions({ approvals, emergency }: StatedClass): Generator<Contradiction> {
  for (const operation of approvedOperation.options) {
    yield* ruleContradictions(approvals[operation], ['approvals', operation], approvedAlways.has(operation));
  }
  if (emergency !== undefined) {
    yield* ruleContradictions(emergency.ratification, ['emergency', 'ratification'], true);
  }
}

function* ruleContradictions(
  rule: ApprovalRule,
  at: readonly string[],
  always: boolean,
): Generator<Contradiction> {
  const { quorum, groups, atLeast = [], expiresAfter, remindEvery, escalation } = rule;
  if (quorum > 0 && groups.length === 0 && atLeast.length === 0) {
    yield { path: [...at, 'groups'], message: `a quorum of ${quorum} needs groups to come from` };
  }
  if (quorum === 0 && always) {
    yield {
      path: [...at, 'quorum'],
      message: 'must be at least 1: no key is disabled or deleted on the word of its requester alone',
    };
  }
  const certain = atLeast.reduce((sum, { people }) => sum + people, 0);
  if (certain > quorum) {
    yield {
      path: [...at, 'atLeast'],
      message: `asks for ${certain} people, and the quorum is ${quorum}: each person fills one place`,
    };
  }
  for (const [index, { group }] of atLeast.entries()) {
    if (atLeast.findIndex((other) => other.group === group) !== index) {
      yield { path: [...at, 'atLeast', index, 'group'], message: `${group} is listed twice` };
    }
  }
  if (isZero(expiresAfter)) yield { path: [...at, 'expiresAfter'], message: 'must be longer than nothing' };
  if (isLonger(expiresAfter, LONGEST_WAIT)) {
    yield { path: [...at, 'expiresAfter'], message: `must not be longer than ${LONGEST_WAIT}` };
  }
  if (remindEvery !== undefined && isLonger(SHORTEST_REMINDER, remindEvery)) {
    yield { path: [...at, 'remindEvery'], message: `must not be shorter than ${SHORTEST_REMINDER}` };
  }
  if (escalation !== undefined && !isLonger(expiresAfter, escalation.after)) {
    yield {
      path: [...at, 'escalation', 'after'],
      message: `must be shorter than expiresAfter (${expiresAfter}): nobody would be left to answer`,
    };
  }
}

/** Together they keep the history of an execution that waits well under the limit of Step Functions (25,000 events). */
const LONGEST_WAIT = 'P90D';
const SHORTEST_REMINDER = 'PT4H';

const approvedAlways: ReadonlySet<Operation> = new Set(['revoke', 'destroy']);

function isZero(length: string): boolean {
  return compared(length, 'PT0S') === 0;
}

function isLonger(one: string, other: string): boolean {
  return compared(one, other) > 0;
}

/** NaN when either is not a duration: the schema has named that fault already. */
function compared(one: string, other: string): number {
  return [one, other].every((text) => duration.safeParse(text).success)
    ? compareDurations(one, other)
    : Number.NaN;
}

/** Positions of the classes whose name an earlier one has; the classes may have any other fault. */
function repeatedNames(classes: readonly unknown[]): number[] {
  const names = classes.map((stated) => z.object({ name: z.string() }).safeParse(stated).data?.name);
  return [...names.keys()].filter(
    (index) => names[index] !== undefined && names.indexOf(names[index]) < index,
  );
}
