/** An account in a Region. Both are apart from all others, but for multi-Region keys and use across accounts. */
export interface Account {
  readonly accountId: string;
  readonly region: string;
}

export function isSameAccount(one: Account, two: Account): boolean {
  return one.accountId === two.accountId && one.region === two.region;
}
