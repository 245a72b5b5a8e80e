import { log } from '../../../adapters/log.ts';
import { actorOf } from '../../../domain/principal.ts';
import { plain } from '../../plain.ts';
import { type SlackLink, slackLinkBody } from '../contract.ts';
import { SlackLinkInvalid } from '../errors.ts';
import { type SlackLinkNonce, slackLinkNonce } from '../slack-link-nonce.ts';
import type { ApiDependencies } from './dependencies.ts';
import { get, post, type Route } from './route.ts';

/** Looking says whose account it is, so that nobody links one that somebody else has sent them; only a POST links it. */
export function slackLinkRoutes({ registry, seal, clock }: ApiDependencies): Route[] {
  const read = async (nonce: string | undefined): Promise<SlackLinkNonce> => {
    const account = await seal.open('slack-link', slackLinkNonce, nonce);
    if (account === undefined) throw new SlackLinkInvalid();
    return account;
  };
  const shown = ({ teamName, userName }: SlackLinkNonce): SlackLink => ({
    team: plain(teamName),
    user: plain(userName),
  });
  return [
    get('slack-link', async ({ visit: { query } }) => ({ body: shown(await read(query.get('nonce'))) })),

    post('slack-link', slackLinkBody, async ({ session: { person }, body: { nonce } }) => {
      const account = await read(nonce);
      const { teamId, userId } = account;
      await registry.putSlackAccount({ teamId, userId, person: actorOf(person), linkedAt: await clock() });
      log.info('slack account linked', { person: person.id, teamId, userId });
      return { body: shown(account) };
    }),
  ];
}
