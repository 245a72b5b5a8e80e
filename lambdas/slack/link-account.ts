import { log } from '../adapters/log.ts';
import type { Registry } from '../adapters/registry/registry.ts';
import type { Clock } from '../domain/clock.ts';
import { isBefore } from '../domain/cryptoperiod.ts';
import type { SlackAccount } from '../domain/slack-account.ts';
import type { SlackWork } from './interaction.ts';

export interface LinkDependencies {
  readonly registry: Pick<
    Registry,
    'slackAccount' | 'slackAccountOf' | 'slackCode' | 'linkSlackAccount' | 'claimOnce' | 'isClaimed'
  >;
  readonly clock: Clock;
}

const MOST_TRIES = 5;
const TRIES_SECONDS = 10 * 60;

type LinkWork = Pick<Extract<SlackWork, { kind: 'link' }>, 'who' | 'codeHash' | 'sentId'>;

export type Linked = { readonly account: SlackAccount } | { readonly refused: string };

/**
 * Links a Slack account to the person who was shown the code, once and only on their own page. The code comes from the
 * account itself, over what Slack has signed: nobody can have another's account linked to them, or hand on a link that
 * somebody else follows.
 *
 * 1. Each account has few tries, right or wrong; what is delivered again is not another.
 * 2. An account that is linked stays so: its person has to unlink it first. The same code, sent again, is told the same.
 * 3. The code has to be there, the last one made for its person, not used and not over.
 * 4. A person has one account.
 * 5. Account and code are written together; throws RowConflict (tried again) when something came in between.
 */
export function accountLinker({ registry, clock }: LinkDependencies) {
  return async ({ who, codeHash, sentId }: LinkWork): Promise<Linked> => {
    const { teamId, userId } = who;
    const now = await clock();
    if (!(await mayTry(registry, { who, sentId }, now))) return { refused: tooManyTries }; // 1
    const [linked, code] = await Promise.all([
      registry.slackAccount(teamId, userId),
      registry.slackCode(codeHash),
    ]);
    if (linked !== undefined) {
      const again = code?.usedAt === linked.linkedAt && code.person.id === linked.person.id;
      return again ? { account: linked } : { refused: accountTaken }; // 2
    }
    if (code === undefined || code.usedAt !== undefined || !isBefore(now, code.expiresAt)) {
      return { refused: codeVoid }; // 3
    }
    const { person } = code;
    if ((await registry.slackAccountOf(person.id)) !== undefined) return { refused: personHasOne }; // 4
    const account: SlackAccount = { ...who, person, linkedAt: now };
    await registry.linkSlackAccount(account, code); // 5
    log.info('slack account linked', { code: 'SlackAccountLinked', person: person.id, teamId, userId });
    return { account };
  };
}

async function mayTry(
  registry: Pick<Registry, 'claimOnce' | 'isClaimed'>,
  { who: { teamId, userId }, sentId }: Omit<LinkWork, 'codeHash'>,
  now: string,
): Promise<boolean> {
  const counted = `slack-code/${teamId}/${userId}/sent/${sentId}`;
  if (await registry.isClaimed(counted)) return true;
  const period = Math.floor(Date.parse(now) / 1000 / TRIES_SECONDS);
  for (let turn = 1; turn <= MOST_TRIES; turn += 1) {
    if (await registry.claimOnce(`slack-code/${teamId}/${userId}/${period}/${turn}`, TRIES_SECONDS)) {
      // Counted first: one that is delivered twice at once costs two tries, rather than none.
      await registry.claimOnce(counted, TRIES_SECONDS);
      return true;
    }
  }
  return false;
}

const tooManyTries = 'That were too many codes. Wait ten minutes, and make a new one on the page.';
const accountTaken =
  'This Slack account is linked already. Whoever it is linked to has to unlink it on the page first.';
const codeVoid =
  'This code is not right, was used, or is over: each is over with the next one. Make a new one on the page.';
const personHasOne =
  'You have linked another Slack account. Unlink it on the page first, and make a new code.';
