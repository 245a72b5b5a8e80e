import { isCustodian, isUnsettled } from '../../../domain/emergency.ts';
import { KeyNotFound, MfaRequired } from '../../../domain/errors.ts';
import { identifier } from '../../../domain/formats.ts';
import type { KeyRecord, KeyState } from '../../../domain/key.ts';
import type { KeyClasses } from '../../../domain/key-class.ts';
import type { Principal } from '../../../domain/principal.ts';
import { inputFaults } from '../body.ts';
import { type Custody, type Stopped, stopBody } from '../contract.ts';
import type { ApiDependencies } from './dependencies.ts';
import { personNow, personWithAllGroups } from './person-now.ts';
import { get, post, type Route } from './route.ts';
import { aliasFaults, reasonFaults, typedReason } from './typed.ts';

export function custodyRoutes(deps: ApiDependencies): Route[] {
  const { registry, directory, policies, stopKey } = deps;
  return [
    get('custody', async ({ session }) => {
      const { person, fresh } = await personWithAllGroups(directory, session.person);
      const { keys, complete } = await custodyOf(deps, person);
      const body: Custody = { keys, complete: complete && fresh };
      return { body };
    }),

    post('custody/{keyId}/stop', stopBody, async ({ session, path: { keyId = '' }, body }) => {
      const key = identifier('key').safeParse(keyId).success ? await registry.getKey(keyId) : undefined;
      const { person } = await personNow(directory, session.person, custodiansOf(policies.classes, key));
      if (key === undefined || !isIn(policies.classes, person, key)) {
        throw new KeyNotFound('There is no such key, or you are not one of its custodians.');
      }
      if (!person.mfa) {
        throw new MfaRequired(
          'Stopping a key takes a sign-in with a second factor. Sign in again with one, and stop it then.',
        );
      }
      const reason = typedReason(body.reason);
      const faults = [...reasonFaults(reason), ...aliasFaults(body.alias, key.alias)];
      if (faults.length > 0) throw inputFaults(faults);
      const { requestId, ratification } = await stopKey(session.person, keyId, reason);
      const stopped: Stopped = { requestId, ...(ratification === undefined ? {} : { ratification }) };
      return { body: stopped };
    }),
  ];
}

/** A key is stopped when it is active, and has then been suspended. */
const shownStates: readonly KeyState[] = ['active', 'suspended'];

const READ_AT_ONCE = 100;
/** How often the registry is asked for more, for each state. */
const MOST_READS = 10;

async function custodyOf(
  { registry, policies }: Pick<ApiDependencies, 'registry' | 'policies'>,
  person: Principal,
): Promise<Custody> {
  const keys: KeyRecord[] = [];
  let complete = true;
  for (const state of shownStates) {
    let cursor: string | undefined;
    for (let reads = 0; reads < MOST_READS; reads += 1) {
      const page = await registry.listKeys(
        { state },
        { limit: READ_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) },
      );
      keys.push(...page.items.filter((key) => isIn(policies.classes, person, key)));
      cursor = page.next;
      if (cursor === undefined) break;
    }
    complete &&= cursor === undefined;
  }
  const shown = keys.filter((key) => key.state === 'active' || isUnsettled(key)).map(keyShown);
  return { keys: shown.toSorted((a, b) => a.key.localeCompare(b.key)), complete };
}

function keyShown(key: KeyRecord): Custody['keys'][number] {
  const { keyId, owner, name, alias, className, state, emergency } = key;
  return {
    keyId,
    key: `${owner}/${name}`,
    alias,
    className,
    state,
    ...(emergency !== undefined && isUnsettled(key) ? { unratifiedSince: emergency.stoppedAt } : {}),
  };
}

function custodiansOf(classes: KeyClasses, key: KeyRecord | undefined): string[] {
  const { emergency } = classes.find(({ name }) => name === key?.className) ?? {};
  return (emergency?.custodians ?? []).map((group) => (group === 'owner' ? (key?.owner ?? group) : group));
}

function isIn(classes: KeyClasses, person: Principal, { className, owner }: KeyRecord): boolean {
  const keyClass = classes.find(({ name }) => name === className);
  return keyClass !== undefined && isCustodian(keyClass, person, owner);
}
