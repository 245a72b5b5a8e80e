import { invalidRequest } from './errors.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** `NextToken`, when there are more. */
  readonly position: { readonly NextToken?: string };
}

/** So many items from the token on, in the order given. Throws CloudHsmInvalidRequestException for a token of no page. */
export function pageOf<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  request: { readonly MaxResults: number; readonly NextToken?: string | undefined },
): Page<T> {
  const start = request.NextToken === undefined ? 0 : startOf(request.NextToken, items, idOf);
  const page = items.slice(start, start + request.MaxResults);
  const next = items[start + request.MaxResults];
  return {
    items: page,
    position:
      next === undefined ? {} : { NextToken: Buffer.from(`from:${idOf(next)}`).toString('base64url') },
  };
}

function startOf<T>(token: string, items: readonly T[], idOf: (item: T) => string): number {
  const text = Buffer.from(token, 'base64url').toString();
  const start = items.findIndex((item) => text === `from:${idOf(item)}`);
  if (start === -1) throw invalidRequest('The NextToken is not valid, or what it led to is gone.');
  return start;
}
