import {
  assert,
  asyncModelRun,
  asyncProperty,
  commands,
  constant,
  constantFrom,
  nat,
  oneof,
  tuple,
} from 'fast-check';
import { test } from 'vitest';
import type { RequestParameters } from '../../../lambdas/domain/request.ts';
import {
  approved,
  ask,
  askToRatify,
  begin,
  cancel,
  carryOn,
  complete,
  emergency,
  evidence,
  expire,
  fail,
  interrupt,
  make,
  observe,
  say,
  stall,
  stop,
  submit,
  undo,
  wait,
  wakeUp,
  whole,
} from './life/commands.ts';
import { alice, type Model, people, sam } from './life/model.ts';
import { beginning, type Real } from './life/real.ts';

// A key's life by chance: whatever is asked, decided, begun, broken off and repeated, in any order. A model far simpler
// than the domain foretells what goes through; the invariants are read from the registry after every command.

const operations = [
  { operation: 'rotate', cause: 'request' },
  { operation: 'rotate', cause: 'schedule' },
  { operation: 'revoke', mode: 'suspend' },
  { operation: 'revoke', mode: 'compromise' },
  { operation: 'reinstate' },
  { operation: 'destroy', windowDays: 30 },
  { operation: 'cancel-destruction' },
] as const satisfies readonly RequestParameters[];

/** Most often the latest request. */
const which = oneof({ weight: 3, arbitrary: constant(0) }, { weight: 2, arbitrary: nat(3) });
const requester = constantFrom(alice, sam);
const parameters = constantFrom<RequestParameters>(...operations);

const life = commands<Model, Real, false>(
  [
    parameters.map(whole),
    parameters.map(whole),
    parameters.map(approved),
    parameters.map(approved),
    parameters.map(approved),
    tuple(parameters, requester).map((how) => submit(...how)),
    constantFrom(true, false).map(emergency),
    constant(stop),
    constant(askToRatify),
    which.map(evidence),
    which.map(ask),
    tuple(
      which,
      constantFrom(...people),
      constantFrom<'approve' | 'deny'>('approve', 'approve', 'approve', 'deny'),
    ).map((how) => say(...how)),
    tuple(which, requester).map((how) => cancel(...how)),
    which.map(expire),
    which.map(begin),
    which.map(begin),
    which.map(begin),
    which.map(carryOn),
    which.map(make),
    which.map(complete),
    which.map(stall),
    constant(wakeUp),
    which.map(undo),
    which.map(fail),
    constant(interrupt),
    constant(observe),
    constantFrom('PT1M', 'PT16M', 'P8D', 'P31D').map(wait),
  ],
  { maxCommands: 30, size: 'max' },
);

/** Most often a key that lives; else one that is only asked for. */
const isBorn = oneof({ weight: 5, arbitrary: constant(true) }, { weight: 1, arbitrary: constant(false) });

test('a key’s life goes as a simple model foretells, and keeps its invariants after every step', async () => {
  const starts = async (born: boolean) => {
    const start = await beginning();
    if (born) await whole({ operation: 'generate' }).run(start.model, start.real);
    return start;
  };
  await assert(
    asyncProperty(isBorn, life, async (born, steps) => asyncModelRun(async () => starts(born), steps)),
    { numRuns: 120 },
  );
}, 60_000);
