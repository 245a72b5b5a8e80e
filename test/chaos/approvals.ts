import * as fc from 'fast-check';
import type { ApprovalRule } from '../../lambdas/domain/request.ts';
import {
  arrivesLate,
  ask,
  type ChannelName,
  type Clicked,
  cancel,
  click,
  clickLate,
  clickTogether,
  directory,
  evidenceChanges,
  execute,
  expire,
  forge,
  goesAway,
  joins,
  leaves,
  probe,
  type Real,
  wait,
} from './commands.ts';
import type { Model } from './oracle.ts';
import type { Forgery } from './page-channel.ts';
import { everybody } from './people.ts';
import { type SlackForgery, slackForgeries } from './slack-channel.ts';
import { BEGINNING, chaosWorld } from './world.ts';

// Approvals by chance: whatever is asked, clicked (on any channel, twice, late, together, by anybody), cancelled, expired
// and changed around them, in any order. An oracle that tries everything foretells what each person is told.

const common = { groups: ['owner', 'security'], expiresAfter: 'P1D' };
const rules: readonly ApprovalRule[] = [
  { ...common, quorum: 1 },
  { ...common, quorum: 2 },
  {
    ...common,
    quorum: 2,
    atLeast: [
      { people: 1, group: 'security' },
      { people: 1, group: 'owner' },
    ],
  },
  { ...common, quorum: 2, atLeast: [{ people: 1, group: 'security' }], mfa: true },
  { ...common, quorum: 2, escalation: { after: 'PT6H', groups: ['custodians'] } },
];

const HOUR = 3_600_000;
const channels = Object.keys(chaosWorld().channels) as ChannelName[];

const who = fc.constantFrom(...everybody);
const which = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) });
const clicked: fc.Arbitrary<Clicked> = fc.record({
  which,
  who,
  verdict: fc.constantFrom('approve', 'approve', 'approve', 'approve', 'deny'),
  channel: fc.constantFrom(...channels),
});
const forgeries = fc.constantFrom<(Forgery | SlackForgery)[]>(
  ...slackForgeries,
  'no session',
  'forged session',
  'no token',
  'another’s token',
  'from elsewhere',
  'as a form',
);
const groups = fc.subarray(['payments', 'security', 'custodians']);

const steps = fc.commands<Model, Real, false>(
  [
    fc.constantFrom(...rules).map(ask),
    clicked.map(click),
    clicked.map(click),
    clicked.map(click),
    clicked.map(click),
    fc.tuple(clicked, clicked).map((two) => clickTogether(...two)),
    fc.tuple(clicked, clicked).map((two) => clickTogether(...two)),
    clicked.map(clickLate),
    fc.nat(5).map(arrivesLate),
    which.map(execute),
    which.map(execute),
    which.map(evidenceChanges),
    which.map(cancel),
    fc.constant(expire),
    fc.constantFrom(60_000, HOUR, 7 * HOUR, 25 * HOUR).map(wait),
    fc.tuple(who, groups).map((change) => joins(...change)),
    who.map(leaves),
    fc.tuple(who, who, fc.constantFrom(HOUR, 12 * HOUR)).map((change) => goesAway(...change)),
    fc.constantFrom(true, true, false).map(directory),
    fc.tuple(who, fc.constantFrom(...channels), which).map((what) => probe(...what)),
    fc.tuple(which, who, forgeries, who).map((what) => forge(...what)),
  ],
  { maxCommands: 24, size: 'max' },
);

/** Throws with the steps that lead to the first thing that went otherwise than foretold. */
export async function runApprovals(options: {
  readonly runs: number;
  readonly seed?: number;
  readonly onRun?: () => void;
}): Promise<void> {
  const start = async (rule: ApprovalRule) => {
    const model: Model = {
      now: BEGINNING,
      directoryAnswers: true,
      groups: new Map(everybody.map(({ id, groups: own }) => [id, own])),
      away: [],
      requests: [],
    };
    const real: Real = { ...chaosWorld(), pending: [], nonce: 0 };
    await ask(rule).run(model, real);
    return { model, real };
  };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...rules), steps, async (rule, commands) => {
      await fc.asyncModelRun(() => start(rule), commands);
      options.onRun?.();
    }),
    { numRuns: options.runs, ...(options.seed === undefined ? {} : { seed: options.seed }) },
  );
}
