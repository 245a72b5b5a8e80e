import { ServiceError } from '../errors.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** `Truncated`, and with more to come `NextMarker`. */
  readonly position: { readonly Truncated: boolean; readonly NextMarker?: string };
}

/**
 * The items after the marker, in the order of their ids: what is made or deleted between two pages does not
 * move the others. Throws InvalidMarkerException.
 */
export function pageOf<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  request: { readonly Limit: number; readonly Marker?: string | undefined },
): Page<T> {
  const after = request.Marker === undefined ? undefined : decodeMarker(request.Marker);
  const rest = items
    .filter((item) => after === undefined || idOf(item) > after)
    .toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  const page = rest.slice(0, request.Limit);
  const last = page.at(-1);
  if (last === undefined || page.length === rest.length)
    return { items: page, position: { Truncated: false } };
  return { items: page, position: { Truncated: true, NextMarker: encodeMarker(idOf(last)) } };
}

const encodeMarker = (id: string) => Buffer.from(`after:${id}`).toString('base64url');

function decodeMarker(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString();
  if (!text.startsWith('after:'))
    throw new ServiceError('InvalidMarkerException', 'The marker is not valid.');
  return text.slice('after:'.length);
}
