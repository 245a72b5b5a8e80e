export interface Limits {
  readonly most: number;
  readonly milliseconds: number;
}

/** As many items as are wanted and come in time: a page opens with what there is. Throws what the items throw. */
export async function asFarAs<T>(
  items: AsyncIterable<T>,
  { most, milliseconds }: Limits,
): Promise<{ readonly items: T[]; readonly complete: boolean }> {
  const taken: T[] = [];
  const iterator = items[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), late]);
      if (next?.done === true) return { items: taken, complete: true };
      if (next === undefined || taken.length === most) break;
      taken.push(next.value);
    }
  } finally {
    clearTimeout(timer);
  }
  // Not waited for: it would wait for the item that is late.
  void iterator.return?.().catch(() => undefined);
  return { items: taken, complete: false };
}
