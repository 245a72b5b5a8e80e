import type { Filter, Page, PageRequest } from '../adapters/registry/registry.ts';
import { Forbidden } from '../domain/errors.ts';
import type { KeyRecord } from '../domain/key.ts';
import type { Principal } from '../domain/principal.ts';
import type { RequestRecord } from '../domain/request.ts';
import type { ApiDependencies } from './dependencies.ts';
import { pageTokens } from './page-token.ts';
import { sees, seesOwner } from './visibility.ts';

interface ListQuery<State> {
  readonly owner?: string | undefined;
  readonly state?: State | undefined;
  readonly pageSize: number;
  readonly pageToken?: string | undefined;
}

/** How often the registry is asked for one page: a page that is not full by then goes on with the next. */
const MOST_READS = 10;

/**
 * A page of what the caller may see: of one owner (Forbidden when nothing of it is the caller's to see), of all owners
 * in a state, or of the caller's own groups, one after the other.
 */
export async function listAnswer<T extends KeyRecord | RequestRecord, State extends string>(
  policies: ApiDependencies['policies'],
  principal: Principal,
  { owner, state, pageSize, pageToken }: ListQuery<State>,
  source: {
    readonly name: string;
    readonly read: (filter: Filter<State>, page: PageRequest) => Promise<Page<T>>;
  },
): Promise<{ items: T[]; nextPageToken?: string }> {
  if (owner !== undefined && !seesOwner(policies, principal, owner)) {
    throw new Forbidden(
      `You may not see what ${owner} has. Ask somebody of that group, or leave owner out to list what your groups have.`,
      { pointer: '?owner' },
    );
  }
  const lists = listsOf(principal, owner, state);
  const tokens = pageTokens(principal, { list: source.name, owner, state });
  let { list = 0, cursor } = pageToken === undefined ? {} : tokens.read(pageToken);
  const items: T[] = [];
  for (let reads = 0; reads < MOST_READS && items.length < pageSize; reads += 1) {
    const filter = lists[list];
    if (filter === undefined) break;
    const page = await source.read(filter, {
      limit: pageSize - items.length,
      ...(cursor === undefined ? {} : { cursor }),
    });
    items.push(...page.items.filter((item) => sees(policies, principal, item)));
    cursor = page.next;
    if (cursor === undefined) list += 1;
  }
  return lists[list] === undefined
    ? { items }
    : { items, nextPageToken: tokens.write({ list, ...(cursor === undefined ? {} : { cursor }) }) };
}

function listsOf<State>(
  { groups }: Principal,
  owner: string | undefined,
  state: State | undefined,
): Filter<State>[] {
  const inState = state === undefined ? {} : { state };
  if (owner !== undefined) return [{ owner, ...inState }];
  if (state !== undefined) return [{ state }];
  return [...new Set(groups)].toSorted().map((group) => ({ owner: group }));
}
