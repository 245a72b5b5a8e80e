import { standInsOf } from '../../visible-request.ts';
import { decisionBody, nothing, type PasskeyOptions, type WaitingList } from '../contract.ts';
import { PasskeyMissing } from '../errors.ts';
import { waitingFor } from '../waiting-requests.ts';
import { cancelOnPage } from './cancel.ts';
import { decideOnPage } from './decide.ts';
import type { ApiDependencies } from './dependencies.ts';
import { detailFor, seen } from './detail.ts';
import { allGroups, personWithAllGroups } from './person-now.ts';
import { get, post, type Route } from './route.ts';
import { summaryOf } from './summary.ts';

export function requestRoutes(deps: ApiDependencies): Route[] {
  const { registry, clock, passkeys } = deps;
  const decide = decideOnPage(deps);
  return [
    get('requests', async ({ session }) => {
      let known = true;
      const groupsOf = async (id: string): Promise<string[]> => {
        const { groups, complete } = await allGroups(deps.directory, id);
        known &&= complete;
        return groups;
      };
      const [{ person, fresh }, standIns] = await Promise.all([
        personWithAllGroups(deps.directory, session.person),
        standInsOf({ registry, clock }, session.person.id, groupsOf),
      ]);
      const { requests, complete } = await waitingFor(registry, person, standIns, await clock());
      const body: WaitingList = {
        requests: requests.map(({ request, key, decisions }) => summaryOf(request, key, decisions)),
        complete: complete && known && fresh,
      };
      return { body };
    }),
    get('requests/{requestId}', async ({ session, path: { requestId = '' } }) => ({
      body: await detailFor(deps, session.person, requestId),
    })),
    post(
      'requests/{requestId}/decisions',
      decisionBody,
      async ({ session, path: { requestId = '' }, body }) => ({
        body: await decide(session.person, requestId, body),
      }),
    ),
    post(
      'requests/{requestId}/cancel',
      nothing,
      async ({ session: { person }, path: { requestId = '' } }) => {
        await cancelOnPage(deps, person, requestId);
        return { body: await detailFor(deps, person, requestId) };
      },
    ),
    post(
      'requests/{requestId}/passkey-options',
      nothing,
      async ({ session: { person }, path: { requestId = '' } }) => {
        const { request } = await seen(deps, person, requestId);
        const known = await registry.passkeysOf(person.id);
        if (known.length === 0) throw new PasskeyMissing();
        const body: PasskeyOptions = {
          options: { ...(await passkeys.signingOptions(request.digest, known)) },
        };
        return { body };
      },
    ),
  ];
}
