import { randomBytes } from 'node:crypto';
import { log } from '../../../adapters/log.ts';
import { MfaRequired, StateForbids } from '../../../domain/errors.ts';
import { actorOf, type Principal } from '../../../domain/principal.ts';
import { SLACK_CODE_LENGTH, slackCodeEnd, slackCodeHash, slackCodeOf } from '../../../domain/slack-code.ts';
import { plain } from '../../plain.ts';
import { nothing, type SlackCodeShown, type SlackLink } from '../contract.ts';
import type { ApiDependencies } from './dependencies.ts';
import { get, post, type Route } from './route.ts';

/**
 * Whether a Slack account stands for the signed-in person, and the code by which one comes to. The code is shown here and
 * typed in Slack: a link could be handed on, and would link the account of whoever made it to whoever follows it.
 */
export function slackLinkRoutes({ registry, clock }: ApiDependencies): Route[] {
  const shownTo = async ({ id }: Principal): Promise<SlackLink> => {
    const account = await registry.slackAccountOf(id);
    if (account === undefined) return {};
    const { teamId, teamName, userId, userName, linkedAt } = account;
    return { linked: { team: named(teamName, teamId), user: named(userName, userId), since: linkedAt } };
  };
  return [
    get('slack-link', async ({ session: { person } }) => ({ body: await shownTo(person) })),

    post('slack-link/code', nothing, async ({ session: { person } }) => {
      if (!person.mfa) {
        throw new MfaRequired(
          'Linking a Slack account takes a sign-in with a second factor. Sign in again with one, and make a code then.',
        );
      }
      if ((await registry.slackAccountOf(person.id)) !== undefined) {
        throw new StateForbids(
          'You have linked a Slack account. Unlink it first, then make a code for another.',
        );
      }
      const code = slackCodeOf(randomBytes(SLACK_CODE_LENGTH));
      const expiresAt = slackCodeEnd(await clock());
      await registry.putSlackCode({ codeHash: slackCodeHash(code), person: actorOf(person), expiresAt });
      log.info('slack code made', { person: person.id });
      const body: SlackCodeShown = { code, until: expiresAt };
      return { body };
    }),

    /** One that is not linked is as good as unlinked. */
    post('slack-link/unlink', nothing, async ({ session: { person } }) => {
      const account = await registry.slackAccountOf(person.id);
      if (account !== undefined) {
        await registry.unlinkSlackAccount(account, await clock());
        const { teamId, userId } = account;
        log.info('slack account unlinked', { person: person.id, teamId, userId });
      }
      return { body: await shownTo(person) };
    }),
  ];
}

function named(name: string, id: string): string {
  const shown = plain(name).trim();
  return shown === '' ? id : `${shown} (${id})`;
}
