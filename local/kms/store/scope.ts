import type { Account } from '../account.ts';

/** An account in a Region, as the tables name it: `000000000000/us-east-1`. */
export function scopeOf({ accountId, region }: Account): string {
  return `${accountId}/${region}`;
}

export function accountOfScope(scope: string): Account {
  const [accountId = '', region = ''] = scope.split('/');
  return { accountId, region };
}
